// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Rests between two looks at something that the device will do.

#include "stretto/device.h"

#include <algorithm>
#include <sys/prctl.h>
#include <thread>

namespace stretto::cuda {

/// First not at all, then for an eighth of the time waited so far, at least 5 µs and at most 200 µs: what comes soon is
/// seen soon, and who waits long costs little. One thread.
class Rest {
 public:
  explicit Rest(int looks_at_once) : at_once_(looks_at_once) {}
  /// False, without a rest, where the deadline has passed.
  bool until(Deadline deadline) {
    if (at_once_ > 0) {
      --at_once_;
      __builtin_ia32_pause();
      return deadline == Deadline::max() || std::chrono::steady_clock::now() < deadline;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return false;
    if (begin_ == Deadline()) {
      begin_ = now;
      // Else the kernel adds 50 µs to every sleep of this thread.
      prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
    }
    const std::chrono::nanoseconds wish = (now - begin_) / 8;
    const auto pause =
        std::clamp<std::chrono::nanoseconds>(wish, std::chrono::microseconds(5), std::chrono::microseconds(200));
    std::this_thread::sleep_until(std::min(now + pause, deadline));
    return true;
  }

 private:
  int at_once_;
  Deadline begin_{};
};

}  // namespace stretto::cuda
