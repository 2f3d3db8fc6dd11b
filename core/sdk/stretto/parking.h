// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Waiting on a 32-bit word, shared between threads or, in a shared mapping, between processes: spin a little, then
/// park in the kernel. Linux futex(2).

#include "stretto/device.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stretto {

/// How long a wait spins: for a time, and not beyond its deadline. Pausing takes from 10 to 100 ns, by processor, so
/// tries are no measure; reading the clock takes as long, so it is read at every 16th try. After a quarter of the time
/// each look at the clock yields the core: where threads outnumber cores, the one that is waited for may be ready to
/// run there. One thread.
class Spin {
 public:
  explicit Spin(std::chrono::nanoseconds longest, Deadline deadline = Deadline::max())
      : longest_(longest), deadline_(deadline) {}
  /// Another try?
  bool again() {
    if (++tries_ % 16 != 0) return longest_.count() != 0;
    const auto now = std::chrono::steady_clock::now();
    if (begin_ == kNotBegun) begin_ = now;
    if (now - begin_ >= longest_ / 4) sched_yield();
    return now - begin_ < longest_ && now < deadline_;
  }
  /// Something came of it: the time begins anew. The deadline stays.
  void restart() { begin_ = kNotBegun; }

 private:
  static constexpr Deadline kNotBegun{};
  const std::chrono::nanoseconds longest_;
  const Deadline deadline_;
  uint32_t tries_ = 0;
  Deadline begin_ = kNotBegun;
};
/// More than parking and being woken take: two threads that answer each other and once park, because one of them was
/// held up, would else go on parking at every turn.
inline constexpr std::chrono::microseconds kShortSpin{10};

/// A word to wait on, with a count of sleepers so that waking costs a system call only when somebody sleeps.
/// Zero-initialised memory is a valid object; usable in memory shared between processes.
///
/// No wake-up is lost: a waker changes the awaited state, then `epoch`, then reads `sleepers`; a sleeper raises
/// `sleepers`, then reads `epoch`, then the awaited state. In the single order of the sequentially consistent accesses
/// either the waker's read of `sleepers` comes after the sleeper's increment: it makes the system call, and the sleeper
/// is in the queue or FUTEX_WAIT finds `epoch` changed. Or the sleeper's read of `epoch` comes after the waker's change
/// of it: it synchronises with that change, and `ready()` sees the state. A sleeper lowers `sleepers` after its own
/// increment only, so the count is never below the number asleep; a process killed in its sleep leaves it too high,
/// which costs system calls and nothing else.
struct ParkingSpot {
  std::atomic<uint32_t> epoch;
  std::atomic<uint32_t> sleepers;

  /// Call after the awaited state was changed (release or stronger). Any thread. Never blocks.
  void wake_all() {
    epoch.fetch_add(1, std::memory_order_seq_cst);
    if (sleepers.load(std::memory_order_seq_cst) != 0)
      syscall(SYS_futex, reinterpret_cast<uint32_t*>(&epoch), FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
  }

  /// Blocks until `ready()` is true; false at the deadline. It spins for `longest_spin` before it parks. `ready` is
  /// called often and must not throw.
  template <class Ready>
  bool wait(Ready&& ready, Deadline deadline, std::chrono::nanoseconds longest_spin = kShortSpin) {
    for (Spin spin(longest_spin, deadline); spin.again();) {
      if (ready()) return true;
      __builtin_ia32_pause();
    }
    for (;;) {
      sleepers.fetch_add(1, std::memory_order_seq_cst);
      const uint32_t seen = epoch.load(std::memory_order_seq_cst);
      if (ready()) {
        sleepers.fetch_sub(1, std::memory_order_relaxed);
        return true;
      }
      int result = 0;
      if (deadline == Deadline::max()) {
        result = static_cast<int>(
            syscall(SYS_futex, reinterpret_cast<uint32_t*>(&epoch), FUTEX_WAIT, seen, nullptr, nullptr, 0));
      } else {
        const int64_t nanoseconds = std::max<int64_t>(to_raw(deadline), 0);  // the kernel refuses negative times
        const timespec until{static_cast<time_t>(nanoseconds / 1'000'000'000),
                             static_cast<long>(nanoseconds % 1'000'000'000)};
        result = static_cast<int>(syscall(SYS_futex, reinterpret_cast<uint32_t*>(&epoch), FUTEX_WAIT_BITSET, seen,
                                          &until, nullptr, FUTEX_BITSET_MATCH_ANY));
      }
      const bool late = result != 0 && errno == ETIMEDOUT;
      sleepers.fetch_sub(1, std::memory_order_relaxed);
      if (ready()) return true;
      if (late) return false;
    }
  }
};
static_assert(sizeof(ParkingSpot) == 8);

}  // namespace stretto
