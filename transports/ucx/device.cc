// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "device.h"

namespace stretto::ucx {

CopyLane::CopyLane(const OpenedDevice& device, const char* name) : device_(device) {
  checked("lane_open", device.api->lane_open, device.handle, name, 1, &lane_);
  try {
    checked("semaphore_open", device.api->semaphore_open, device.handle, &ended_);
  } catch (...) {
    device.api->lane_close(lane_);
    throw;
  }
}

CopyLane::~CopyLane() {
  device_.api->lane_close(lane_);
  device_.api->semaphore_close(ended_);
}

uint64_t CopyLane::copy(void* to, const void* from, uint64_t bytes) {
  checked("lane_copy", device_.api->lane_copy, lane_, to, from, bytes);
  checked("lane_signal", device_.api->lane_signal, lane_, ended_, copies_ + 1);
  return ++copies_;
}

void CopyLane::await(uint64_t copy) { checked("host_wait", device_.api->host_wait, ended_, copy, STRETTO_NO_DEADLINE); }

PinnedMemory::PinnedMemory(const OpenedDevice& device, void* memory, uint64_t bytes)
    : device_(device), memory_(memory) {
  if (device.api->pin != nullptr) checked("pin", device.api->pin, device.handle, memory, bytes);
}

PinnedMemory::~PinnedMemory() {
  if (device_.api->unpin != nullptr) device_.api->unpin(device_.handle, memory_);
}

}  // namespace stretto::ucx
