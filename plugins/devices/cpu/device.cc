// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "device.h"

#include "lane.h"

namespace stretto::cpu {

CpuDevice::CpuDevice(const DeviceOpen& request)
    : index_(request.index), spin_(nanoseconds(request.settings.seconds("spin"))) {
  if (index_ < 0)
    throw Error(Code::invalid_argument, "device index " + std::to_string(index_) + ", expected 0 or more");
}

int CpuDevice::count(std::string& /*reason*/) { return 1; }

std::unique_ptr<Lane> CpuDevice::open_lane(const char* /*name*/, int /*priority*/) {
  return std::make_unique<ThreadLane>(index_);
}

std::unique_ptr<Semaphore> CpuDevice::open_semaphore() { return std::make_unique<HostSemaphore>(circle_, spin_); }

}  // namespace stretto::cpu
