// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A device under test with its lanes, memory and semaphores, through the boundary's tables.

#include "plugin_under_test.h"

#include <atomic>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>

namespace stretto::contract {

/// Owns an opened device. Any thread.
class OpenDevice {
 public:
  explicit OpenDevice(const UnderTest& subject, int32_t index = 0)
      : component_(load_component(plugin_path(subject.plugin), STRETTO_DEVICE, subject.component)),
        api_(*static_cast<const stretto_device_api*>(component_.api)) {
    const GivenSettings settings(component_.options, component_.option_count, subject.options);
    const stretto_device_open request{sizeof request, index, settings.raw()};
    needed("open a device", [&](const stretto_sink* sink) { return api_.open(&request, &device_, sink); });
  }
  OpenDevice(const OpenDevice&) = delete;
  OpenDevice& operator=(const OpenDevice&) = delete;
  ~OpenDevice() { api_.close(device_); }
  const stretto_device_api& api() const { return api_; }
  stretto_device* raw() const { return device_; }
  bool blocking() const { return (api_.flags & STRETTO_DEVICE_BLOCKING) != 0; }
  bool host_accessible() const { return (api_.flags & STRETTO_DEVICE_HOST_ACCESSIBLE) != 0; }
  void abort() const { api_.abort(device_); }

 private:
  const stretto_component& component_;
  const stretto_device_api& api_;
  stretto_device* device_ = nullptr;
};

/// Owns a timeline semaphore. Any thread.
class OpenSemaphore {
 public:
  explicit OpenSemaphore(const OpenDevice& device) : api_(device.api()) {
    needed("open a semaphore",
           [&](const stretto_sink* sink) { return api_.semaphore_open(device.raw(), &semaphore_, sink); });
  }
  /// Over a word that other devices have semaphores over too.
  OpenSemaphore(const OpenDevice& device, std::atomic<uint64_t>& word) : api_(device.api()) {
    needed("open a semaphore over a word",
           [&](const stretto_sink* sink) { return api_.semaphore_at(device.raw(), &word, &semaphore_, sink); });
  }
  OpenSemaphore(const OpenSemaphore&) = delete;
  OpenSemaphore& operator=(const OpenSemaphore&) = delete;
  ~OpenSemaphore() { api_.semaphore_close(semaphore_); }
  stretto_semaphore* raw() const { return semaphore_; }
  Outcome signal(uint64_t value) const {
    return outcome_of([&](const stretto_sink* sink) { return api_.host_signal(semaphore_, value, sink); });
  }
  Outcome wait(uint64_t value, int64_t deadline) const {
    return outcome_of([&](const stretto_sink* sink) { return api_.host_wait(semaphore_, value, deadline, sink); });
  }

 private:
  const stretto_device_api& api_;
  stretto_semaphore* semaphore_ = nullptr;
};

/// Owns device memory.
class DeviceMemory {
 public:
  DeviceMemory(const OpenDevice& device, uint64_t bytes) : device_(device), bytes_(bytes) {
    needed("allocate",
           [&](const stretto_sink* sink) { return device_.api().allocate(device_.raw(), bytes, &memory_, sink); });
  }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  ~DeviceMemory() { device_.api().free(device_.raw(), memory_); }
  void* data() const { return memory_; }
  std::byte* at(uint64_t offset) const { return static_cast<std::byte*>(memory_) + offset; }
  uint64_t bytes() const { return bytes_; }

 private:
  const OpenDevice& device_;
  uint64_t bytes_;
  void* memory_ = nullptr;
};

/// Owns host memory that the device's copies reach. It has its pages to itself, as what is pinned must.
class PinnedBytes {
 public:
  PinnedBytes(const OpenDevice& device, const std::vector<std::byte>& bytes)
      : device_(device), bytes_(bytes.begin(), bytes.end()) {
    bytes_.reserve(1);  // so that no bytes have an address too
    if (device_.api().pin != nullptr)
      needed("pin", [&](const stretto_sink* sink) {
        return device_.api().pin(device_.raw(), bytes_.data(), bytes_.size(), sink);
      });
  }
  PinnedBytes(const OpenDevice& device, uint64_t bytes) : PinnedBytes(device, std::vector<std::byte>(bytes)) {}
  PinnedBytes(const PinnedBytes&) = delete;
  PinnedBytes& operator=(const PinnedBytes&) = delete;
  ~PinnedBytes() {
    if (device_.api().unpin != nullptr) device_.api().unpin(device_.raw(), bytes_.data());
  }
  std::byte* data() { return bytes_.data(); }
  std::vector<std::byte> bytes() const { return {bytes_.begin(), bytes_.end()}; }

 private:
  template <class T>
  struct WholePages {
    using value_type = T;
    static constexpr size_t kPage = 4096;
    T* allocate(size_t count) {
      const size_t bytes = (count * sizeof(T) + kPage - 1) / kPage * kPage;
      return static_cast<T*>(::operator new(bytes, std::align_val_t(kPage)));
    }
    void deallocate(T* memory, size_t /*count*/) { ::operator delete(memory, std::align_val_t(kPage)); }
    friend bool operator==(const WholePages&, const WholePages&) { return true; }
  };
  const OpenDevice& device_;
  std::vector<std::byte, WholePages<std::byte>> bytes_;
};

/// Owns a lane and the one thread that calls it: on a blocking device that thread is the lane. Each call is posted to
/// it; its future is ready once the call has returned. Destroying waits for all posted calls.
class OpenLane {
 public:
  using Body = std::function<int32_t(const stretto_native& native, const stretto_sink* sink)>;

  explicit OpenLane(const OpenDevice& device, int32_t priority = 0) : device_(device) {
    needed("open a lane", [&](const stretto_sink* sink) {
      return device_.api().lane_open(device_.raw(), "lane", priority, &lane_, sink);
    });
    native_.size = sizeof native_;
    needed("lane_native", [&](const stretto_sink* sink) { return device_.api().lane_native(lane_, &native_, sink); });
    thread_ = std::thread([this] { work(); });
  }
  OpenLane(const OpenLane&) = delete;
  OpenLane& operator=(const OpenLane&) = delete;
  ~OpenLane() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    changed_.notify_one();
    thread_.join();
    device_.api().lane_close(lane_);
  }
  const stretto_native& native() const { return native_; }

  std::future<Outcome> run(Body body) {
    std::packaged_task<Outcome()> task([this, body = std::move(body)] {
      return outcome_of([&](const stretto_sink* sink) { return body(native_, sink); });
    });
    auto future = task.get_future();
    {
      const std::lock_guard lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_one();
    return future;
  }
  std::future<Outcome> signal(const OpenSemaphore& semaphore, uint64_t value) {
    return run([this, raw = semaphore.raw(), value](const stretto_native&, const stretto_sink* sink) {
      return device_.api().lane_signal(lane_, raw, value, sink);
    });
  }
  std::future<Outcome> wait(const OpenSemaphore& semaphore, uint64_t value) {
    return run([this, raw = semaphore.raw(), value](const stretto_native&, const stretto_sink* sink) {
      return device_.api().lane_wait(lane_, raw, value, sink);
    });
  }
  std::future<Outcome> copy(void* destination, const void* source, uint64_t bytes) {
    return run([this, destination, source, bytes](const stretto_native&, const stretto_sink* sink) {
      return device_.api().lane_copy(lane_, destination, source, bytes, sink);
    });
  }
  /// Until the lane is closed: an aborted one may still use it.
  void keep(std::shared_ptr<void> used) { kept_.push_back(std::move(used)); }
  /// The same by the lane's own thread, in a body that it runs.
  int32_t signal_here(const OpenSemaphore& semaphore, uint64_t value, const stretto_sink* sink) {
    return device_.api().lane_signal(lane_, semaphore.raw(), value, sink);
  }
  /// Waits until everything posted so far has been done.
  Outcome settle() {
    const auto done = std::make_shared<OpenSemaphore>(device_);
    const Outcome posted = signal(*done, 1).get();
    const Outcome settled = posted.code == Code::ok ? done->wait(1, soon()) : posted;
    if (settled.code != Code::ok) keep(done);
    return settled;
  }

 private:
  void work() {
    for (;;) {
      std::packaged_task<Outcome()> task;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return closing_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      task();
    }
  }

  const OpenDevice& device_;
  stretto_lane* lane_ = nullptr;
  stretto_native native_{};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::packaged_task<Outcome()>> tasks_;
  bool closing_ = false;
  std::vector<std::shared_ptr<void>> kept_;
  std::thread thread_;
};

}  // namespace stretto::contract
