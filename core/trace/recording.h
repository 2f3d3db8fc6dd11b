// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a lane writes down while it runs, and how that gets to the driver.

#include "stretto/runtime.h"

#include <chrono>
#include <cstddef>
#include <span>

namespace stretto {

/// The records of one lane. All memory is there from the start, so that recording allocates nothing and never blocks;
/// what comes when it is full is counted and dropped: a trace keeps its beginning. One thread at a time.
class LaneRecording {
 public:
  /// For so many runs of steps; 0: records nothing.
  explicit LaneRecording(uint64_t capacity = 0) : steps_(capacity) {}
  bool on() const { return !steps_.empty(); }
  void add(const StepTrace& step) noexcept {
    if (count_ < steps_.size())
      steps_[count_++] = step;
    else
      ++dropped_;
  }
  std::span<const StepTrace> steps() const { return std::span(steps_).first(count_); }
  uint64_t dropped() const { return dropped_; }

 private:
  std::vector<StepTrace> steps_;
  size_t count_ = 0;
  uint64_t dropped_ = 0;
};

/// The clock of all records: CLOCK_MONOTONIC, one for all processes of a host.
inline int64_t trace_time(std::chrono::steady_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

/// Appends one lane's records to a message's bytes. Same machine on both sides: as they lie in memory.
void pack(uint32_t lane, const LaneRecording& recording, std::vector<std::byte>& into);

/// The lanes that were packed. Throws Code::internal where the bytes are not whole.
std::vector<LaneTrace> unpack_traces(std::span<const std::byte> bytes);

}  // namespace stretto
