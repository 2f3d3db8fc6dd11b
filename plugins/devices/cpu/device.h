// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The host's processors as a device: memory that any thread may touch, and lanes that are the calling threads.

#include "memory.h"
#include "semaphore.h"

namespace stretto::cpu {

/// Any thread.
class CpuDevice final : public Device {
 public:
  /// Every index is the same host: the actors of a family may each name their own. Throws Code::invalid_argument for a
  /// negative one.
  explicit CpuDevice(const DeviceOpen& request);
  static int count(std::string& reason);

  void abort() noexcept override { circle_.abort(); }
  void* allocate(uint64_t bytes) override { return memory_.allocate(bytes); }
  void free(void* memory) noexcept override { memory_.free(memory); }
  std::unique_ptr<Lane> open_lane(const char* name, int priority) override;
  std::unique_ptr<Semaphore> open_semaphore() override;

 private:
  const int index_;
  const std::chrono::nanoseconds spin_;
  AbortCircle circle_;
  HostMemory memory_;
};

}  // namespace stretto::cpu
