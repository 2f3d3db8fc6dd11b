// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "device.h"

#include "lane.h"

namespace stretto::testing {
namespace {

constexpr int kDevices = 64;

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
    : index_(request.index), arbiter_(std::make_shared<Arbiter>(arbiter_settings(request))) {
  if (index_ < 0 || index_ >= kDevices)
    throw Error(Code::unavailable,
                "device index " + std::to_string(index_) + ", expected 0 to " + std::to_string(kDevices - 1));
}

int AsyncDevice::count(std::string& /*reason*/) { return kDevices; }

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
