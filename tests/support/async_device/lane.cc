// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "lane.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace stretto::testing {

QueueSemaphore::~QueueSemaphore() {
  if (counter_.use_count() == 1) return;
  std::fputs("the test device: a semaphore was closed that a lane still has work with\n", stderr);
  std::abort();
}

QueueLane::QueueLane(AsyncDevice& device, const std::string& name)
    : device_(device), queue_(device.arbiter().open(name)), thread_([this] { device_.arbiter().serve(queue_); }) {}

QueueLane::~QueueLane() {
  device_.arbiter().close(*queue_);
  thread_.join();
}

void QueueLane::put(Entry entry) {
  if (entered_.exchange(true)) {
    const std::string message = "two threads use lane '" + queue_->name + "' at the same time";
    device_.arbiter().fail(message);
    throw Error(Code::internal, message);
  }
  struct Leave {
    std::atomic<bool>& entered;
    ~Leave() { entered.store(false); }
  } leave{entered_};
  std::this_thread::yield();  // widens the moment in which a second thread is noticed
  device_.arbiter().enqueue(*queue_, std::move(entry));
}

void QueueLane::signal(Semaphore& semaphore, uint64_t value) {
  Entry entry;
  entry.raises = dynamic_cast<QueueSemaphore&>(semaphore).counter();
  entry.value = value;
  put(std::move(entry));
}

void QueueLane::wait(Semaphore& semaphore, uint64_t value) {
  Entry entry;
  entry.awaits = dynamic_cast<QueueSemaphore&>(semaphore).counter();
  entry.value = value;
  put(std::move(entry));
}

void QueueLane::copy(void* destination, const void* source, uint64_t bytes) {
  void* to = device_.translate(destination, bytes);
  const void* from = device_.translate(source, bytes);
  enqueue([to, from, bytes] {
    if (bytes != 0) std::memmove(to, from, bytes);
  });
}

stretto_native QueueLane::native() {
  return {sizeof(stretto_native), device_.index(), kAsyncMemory,
          reinterpret_cast<uint64_t>(static_cast<AsyncLane*>(this)), reinterpret_cast<uint64_t>(&device_)};
}

void QueueLane::enqueue(std::function<void()> work) {
  Entry entry;
  entry.work = std::move(work);
  put(std::move(entry));
}

void QueueLane::enqueue_wait(std::function<bool()> ready) {
  Entry entry;
  entry.ready = std::move(ready);
  put(std::move(entry));
}

}  // namespace stretto::testing
