// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Timeline semaphores in host memory: a 64-bit counter and a place to park.

#include "stretto/parking.h"

#include <atomic>
#include <mutex>
#include <vector>

namespace stretto::cpu {

class HostSemaphore;

/// What the semaphores of one device share: whether the device was aborted, and who to wake then. Any thread.
class AbortCircle {
 public:
  bool aborted() const noexcept { return aborted_.load(std::memory_order_seq_cst); }
  /// Raises the flag, then wakes every waiter of every semaphore. Blocks for as long as a semaphore joins or leaves.
  void abort() noexcept;
  void join(HostSemaphore& semaphore);
  void leave(HostSemaphore& semaphore) noexcept;

 private:
  std::atomic<bool> aborted_{false};
  std::mutex mutex_;
  std::vector<HostSemaphore*> semaphores_;
};

/// Any thread. The circle must outlive the semaphore.
class HostSemaphore final : public Semaphore {
 public:
  /// `spin`: how long before a waiter parks.
  HostSemaphore(AbortCircle& circle, std::chrono::nanoseconds spin);
  HostSemaphore(const HostSemaphore&) = delete;
  HostSemaphore& operator=(const HostSemaphore&) = delete;
  ~HostSemaphore() override;
  void host_signal(uint64_t value) override;
  void host_wait(uint64_t value, Deadline deadline) override;
  void wake() noexcept { spot_.wake_all(); }

 private:
  // A line of its own: a spinning waiter must not slow down the owner of a neighbouring object.
  alignas(64) std::atomic<uint64_t> counter_{0};
  ParkingSpot spot_{};
  AbortCircle& circle_;
  const std::chrono::nanoseconds spin_;
};

}  // namespace stretto::cpu
