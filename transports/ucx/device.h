// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The actor's device, through the boundary's calls: this transport knows no vendor's.

#include "stretto/device.h"

namespace stretto::ucx {

/// Somebody else's, who keeps it open for longer. Null on an actor that has none.
struct OpenedDevice {
  const stretto_device_api* api = nullptr;
  stretto_device* handle = nullptr;
};

/// A lane that copies, and how far it has come. One thread; all calls throw the device's error, or Code::cancelled once
/// it was aborted.
class CopyLane {
 public:
  CopyLane(const OpenedDevice& device, const char* name);
  CopyLane(const CopyLane&) = delete;
  CopyLane& operator=(const CopyLane&) = delete;
  /// Waits until the lane is empty.
  ~CopyLane();
  /// Enqueues, or on a blocking device copies. Returns what `await` takes.
  uint64_t copy(void* to, const void* from, uint64_t bytes);
  /// Blocks until that copy has ended: as the device has its host wait, which rests between two looks.
  void await(uint64_t copy);

 private:
  const OpenedDevice device_;
  stretto_lane* lane_ = nullptr;
  stretto_semaphore* ended_ = nullptr;
  uint64_t copies_ = 0;
};

/// Host memory of somebody else that the device's copies reach, for as long as this lives.
class PinnedMemory {
 public:
  PinnedMemory(const OpenedDevice& device, void* memory, uint64_t bytes);
  PinnedMemory(const PinnedMemory&) = delete;
  PinnedMemory& operator=(const PinnedMemory&) = delete;
  ~PinnedMemory();

 private:
  const OpenedDevice device_;
  void* const memory_;
};

}  // namespace stretto::ucx
