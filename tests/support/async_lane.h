// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a lane of the test device offers to ops and stream-ordered transports: the part that a CUstream has for CUDA.

#include "stretto/device.h"

#include <functional>
#include <memory>

namespace stretto::testing {

/// The memory kind of the test device: memory that the host cannot touch.
inline constexpr const char* kAsyncMemory = "async";

/// Makes a device look again at what its lanes wait for. Any thread; outlives the device. Never blocks for long.
class Bell {
 public:
  Bell() = default;
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  virtual ~Bell() = default;
  virtual void ring() = 0;
  /// The asynchronous death of the device: all its waits end, Device::status throws this. The first one counts.
  virtual void fail(const std::string& message) = 0;
};

/// `stretto_native::value` of a lane with memory kind "async". One thread at a time; a second one at the same time is
/// reported as a defect. Calls never block; they throw once the device is aborted or dead.
class AsyncLane {
 public:
  AsyncLane() = default;
  AsyncLane(const AsyncLane&) = delete;
  AsyncLane& operator=(const AsyncLane&) = delete;
  virtual ~AsyncLane() = default;
  /// Runs `work` on the lane's own thread, in order. It must not block; what it throws is the death of the device.
  virtual void enqueue(std::function<void()> work) = 0;
  /// Later work starts once `ready()` is true. It is asked under the device's lock: it must not block, nor call the
  /// device; whoever makes it true rings the bell afterwards.
  virtual void enqueue_wait(std::function<bool()> ready) = 0;
  /// Where the lane's thread finds these bytes of device memory; pinned host memory is its own address.
  /// Anything else is a defect of the caller: it throws Code::internal and ends the device.
  virtual void* translate(const void* memory, uint64_t bytes) = 0;
  virtual std::shared_ptr<Bell> bell() = 0;
};

/// The lane behind a native handle whose kind is kAsyncMemory.
inline AsyncLane& async_lane(const stretto_native& native) {
  if (std::string_view(native.kind) != kAsyncMemory || native.value == 0)
    throw Error(Code::internal, "a native lane of kind '" + std::string(native.kind) + "', expected 'async'");
  return *reinterpret_cast<AsyncLane*>(native.value);
}

}  // namespace stretto::testing
