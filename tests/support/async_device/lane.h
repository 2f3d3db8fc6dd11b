// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The test device's lanes and semaphores.

#include "device.h"

#include <atomic>
#include <thread>

namespace stretto::testing {

/// Any thread.
class QueueSemaphore final : public Semaphore {
 public:
  explicit QueueSemaphore(std::shared_ptr<Arbiter> arbiter) : arbiter_(std::move(arbiter)) {}
  QueueSemaphore(const QueueSemaphore&) = delete;
  QueueSemaphore& operator=(const QueueSemaphore&) = delete;
  /// Ends the process where a lane still has work that uses it: hardware would write to what is somebody else's by
  /// then.
  ~QueueSemaphore() override;
  void host_signal(uint64_t value) override { arbiter_->raise(*counter_, value); }
  void host_wait(uint64_t value, Deadline deadline) override { arbiter_->await(counter_, value, deadline); }
  const std::shared_ptr<Counter>& counter() const { return counter_; }

 private:
  std::shared_ptr<Arbiter> arbiter_;
  std::shared_ptr<Counter> counter_ = std::make_shared<Counter>();
};

/// A queue and the thread that serves it. One thread at a time calls.
class QueueLane final : public Lane, public AsyncLane {
 public:
  QueueLane(AsyncDevice& device, const std::string& name);
  QueueLane(const QueueLane&) = delete;
  QueueLane& operator=(const QueueLane&) = delete;
  ~QueueLane() override;

  void signal(Semaphore& semaphore, uint64_t value) override;
  void wait(Semaphore& semaphore, uint64_t value) override;
  void copy(void* destination, const void* source, uint64_t bytes) override;
  stretto_native native() override;

  void enqueue(std::function<void()> work) override;
  void enqueue_wait(std::function<bool()> ready) override;
  void* translate(const void* memory, uint64_t bytes) override { return device_.translate(memory, bytes); }
  std::shared_ptr<Bell> bell() override { return device_.bell(); }

 private:
  void put(Entry entry);

  AsyncDevice& device_;
  std::shared_ptr<Queue> queue_;
  std::atomic<bool> entered_{false};
  std::thread thread_;
};

}  // namespace stretto::testing
