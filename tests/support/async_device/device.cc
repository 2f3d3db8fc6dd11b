// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "device.h"

#include "lane.h"

namespace stretto::testing {
namespace {

constexpr int kDevices = 64;

std::atomic<int64_t> held{0};  // by all devices

Arbiter::Settings arbiter_settings(const DeviceOpen& request) {
  Arbiter::Settings settings;
  const std::string mode = request.settings.text("mode");
  settings.completion = mode == "fifo" ? Completion::fifo : mode == "latest" ? Completion::latest : Completion::random;
  // Devices of one run must not draw alike.
  settings.seed =
      static_cast<uint64_t>(request.settings.integer("seed")) * kDevices + static_cast<uint64_t>(request.index);
  settings.quiet = std::chrono::nanoseconds(static_cast<int64_t>(request.settings.seconds("quiet") * 1e9));
  settings.break_after = request.settings.integer("break_after");
  return settings;
}

}  // namespace

AsyncDevice::AsyncDevice(const DeviceOpen& request)
    : index_(request.index),
      refused_(request.settings.integer("refuse")),
      arbiter_(std::make_shared<Arbiter>(arbiter_settings(request))) {
  if (index_ < 0 || index_ >= kDevices)
    throw Error(Code::unavailable,
                "device index " + std::to_string(index_) + ", expected 0 to " + std::to_string(kDevices - 1));
}

int AsyncDevice::count(std::string& /*reason*/) { return kDevices; }

std::vector<std::string> AsyncDevice::findings() { return {std::to_string(held.load())}; }

void AsyncDevice::admit() {
  if (++pieces_ == refused_)
    throw Error(Code::overloaded, "piece " + std::to_string(refused_) + " of memory is refused, as was asked for");
}

void* AsyncDevice::allocate(uint64_t bytes) {
  admit();
  void* memory = memory_.allocate(bytes);
  ++held;
  return memory;
}

void AsyncDevice::free(void* memory) noexcept {
  memory_.free(memory);
  --held;
}

void AsyncDevice::pin(void* memory, uint64_t bytes) {
  admit();
  memory_.pin(memory, bytes);
  ++held;
}

void AsyncDevice::unpin(void* memory) noexcept {
  memory_.unpin(memory);
  --held;
}

std::unique_ptr<Lane> AsyncDevice::open_lane(const char* name, int /*priority*/) {
  return std::make_unique<QueueLane>(*this, name == nullptr ? "" : name);
}

std::unique_ptr<Semaphore> AsyncDevice::open_semaphore() { return std::make_unique<QueueSemaphore>(arbiter_); }

void* AsyncDevice::translate(const void* memory, uint64_t bytes) {
  try {
    return memory_.translate(memory, bytes);
  } catch (const Error& error) {
    arbiter_->fail(error.what());
    throw;
  }
}

}  // namespace stretto::testing
