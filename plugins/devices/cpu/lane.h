// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A lane that is the calling thread: every call does its work before it returns.

#include "stretto/device.h"

namespace stretto::cpu {

/// Of this device's memory and lanes: any thread may touch it.
inline constexpr const char* kMemoryKind = "host";

/// One thread at a time.
class ThreadLane final : public Lane {
 public:
  explicit ThreadLane(int device_index) : device_index_(device_index) {}
  void signal(Semaphore& semaphore, uint64_t value) override;
  /// Blocks. Throws Code::cancelled after the device's abort; there is no other end.
  void wait(Semaphore& semaphore, uint64_t value) override;
  void copy(void* destination, const void* source, uint64_t bytes) override;
  stretto_native native() override;

 private:
  const int device_index_;
};

}  // namespace stretto::cpu
