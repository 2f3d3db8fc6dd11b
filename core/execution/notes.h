// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The notes of the values on one actor, by ring and execution.

#include "execution/control_page.h"

#include <mutex>

namespace stretto {

/// A note is made in two stages. *Shaped*: dtype, shape and bytes are known, which is enough to launch on the value.
/// *Settled*: its status is known too. On a blocking device both come at once. On an asynchronous device an op is
/// enqueued before its inputs' status can be known; its results settle when somebody who waited for its completion
/// asks.
///
/// Thread-safe. Entries are reused after the in-flight window has passed, when nothing of the execution is left.
class Notes {
 public:
  Notes(const Plan& plan, uint32_t actor);
  void shape(uint32_t ring, const Note& note);
  /// Also shapes.
  void settle(uint32_t ring, const Note& note);
  bool settled(uint32_t ring, int64_t execution) const;
  bool shaped(uint32_t ring, int64_t execution) const;
  /// The note as far as it is known: the later stage that was reached. Throws Code::internal before it is shaped.
  Note get(uint32_t ring, int64_t execution) const;
  /// Block until the stage is reached. Throw Code::cancelled after abort.
  Note await_shaped(uint32_t ring, int64_t execution);
  Note await_settled(uint32_t ring, int64_t execution);
  void abort();

 private:
  struct Entry {
    std::atomic<int64_t> shaped{0};   ///< execution plus one
    std::atomic<int64_t> settled{0};  ///< execution plus one
    Note shape;
    Note status;
  };
  Entry& entry(uint32_t ring, int64_t execution) const {
    return entries_[index_[ring] * window_ + static_cast<uint64_t>(execution) % window_];
  }
  uint64_t window_;
  std::vector<uint32_t> index_;  ///< by ring: number among this actor's
  mutable std::vector<Entry> entries_;
  std::mutex settling_;  ///< several threads may settle one note, to the same value
  ParkingSpot spot_{};
  std::atomic<bool> aborted_{false};
};

}  // namespace stretto
