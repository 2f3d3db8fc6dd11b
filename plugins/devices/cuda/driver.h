// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The CUDA driver, without linking to it: libcuda belongs to the driver's installation, and a plugin linked to it
/// would not load on a machine that has none.

#include "cuda_call.h"

#include <optional>

namespace stretto::cuda {

/// The driver's calls that the runtime does not offer.
struct Driver {
  CUresult (*cuDeviceGet)(CUdevice* device, int ordinal);
  CUresult (*cuDeviceGetAttribute)(int* value, CUdevice_attribute attribute, CUdevice device);
  CUresult (*cuDeviceGetUuid)(CUuuid* uuid, CUdevice device);
  CUresult (*cuCtxGetCurrent)(CUcontext* context);
  CUresult (*cuStreamWaitValue64)(CUstream stream, CUdeviceptr address, cuuint64_t value, unsigned int flags);
  CUresult (*cuStreamWriteValue64)(CUstream stream, CUdeviceptr address, cuuint64_t value, unsigned int flags);
};

/// Why no device can be opened here; nothing: `devices` of them can. Any thread; starts the driver when first called.
std::optional<std::string> absence(int& devices);

/// Looked up in the driver that the runtime found. Throws Code::unavailable with the name of the call that is missing.
Driver load_driver();

}  // namespace stretto::cuda
