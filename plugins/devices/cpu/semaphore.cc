// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "semaphore.h"

#include <algorithm>

namespace stretto::cpu {

void AbortCircle::abort() noexcept {
  aborted_.store(true, std::memory_order_seq_cst);
  const std::lock_guard lock(mutex_);
  for (auto* semaphore : semaphores_) semaphore->wake();
}

void AbortCircle::join(HostSemaphore& semaphore) {
  const std::lock_guard lock(mutex_);
  semaphores_.push_back(&semaphore);
}

void AbortCircle::leave(HostSemaphore& semaphore) noexcept {
  const std::lock_guard lock(mutex_);
  std::erase(semaphores_, &semaphore);
}

HostSemaphore::HostSemaphore(AbortCircle& circle, std::chrono::nanoseconds spin) : circle_(circle), spin_(spin) {
  circle_.join(*this);
}

HostSemaphore::~HostSemaphore() { circle_.leave(*this); }

void HostSemaphore::host_signal(uint64_t value) {
  uint64_t seen = counter_.load(std::memory_order_relaxed);
  while (seen < value)
    if (counter_.compare_exchange_weak(seen, value, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      spot_.wake_all();
      return;
    }
}

void HostSemaphore::host_wait(uint64_t value, Deadline deadline) {
  const bool ended = spot_.wait([&] { return circle_.aborted() || counter_.load(std::memory_order_acquire) >= value; },
                                deadline, spin_);
  if (circle_.aborted()) throw Error(Code::cancelled, "the wait for a semaphore ended: its device was aborted");
  if (!ended)
    throw Error(Code::timed_out, "a semaphore did not reach " + std::to_string(value) +
                                     " before the deadline; it is at " +
                                     std::to_string(counter_.load(std::memory_order_relaxed)));
}

}  // namespace stretto::cpu
