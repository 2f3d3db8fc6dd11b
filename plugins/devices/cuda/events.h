// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The values that one lane has raised a semaphore to, each with the event that stands for it.

#include "cuda_call.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace stretto::cuda {

/// A ring of events with growing values. It has to be longer than what is issued ahead: where the oldest event has not
/// happened when the next one is recorded, the ring doubles. That ends with the first rounds, since the window of
/// executions bounds what is under way; from then on no event is made. One thread at a time.
class Events {
 public:
  /// Makes the first events. Throws Code::overloaded.
  Events();
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  ~Events();
  /// Records a value, larger than all before, on the stream. Throws the device's error.
  void record(cudaStream_t stream, uint64_t value);
  /// The largest value that was recorded; 0: none.
  uint64_t recorded() const { return recorded_; }
  /// The event of the smallest recorded value that is at least `value`; null: it has happened.
  /// `value` is at most recorded().
  cudaEvent_t event(uint64_t value) const;
  /// Whether the event of `value` has happened. `value` is at most recorded(). Throws the device's error.
  bool happened(uint64_t value);

 private:
  struct Entry {
    uint64_t value;
    cudaEvent_t event;
  };
  Entry& at(size_t index) { return entries_[(oldest_ + index) % entries_.size()]; }
  const Entry& at(size_t index) const { return entries_[(oldest_ + index) % entries_.size()]; }
  size_t find(uint64_t value) const;
  void retire();
  void grow();
  std::vector<Entry> entries_;
  size_t oldest_ = 0;
  size_t count_ = 0;
  uint64_t recorded_ = 0;
  uint64_t passed_ = 0;  ///< has happened, as all values below
};

}  // namespace stretto::cuda
