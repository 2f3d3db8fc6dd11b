// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The one place where errors of the CUDA runtime and driver become stretto's.

#include "stretto/abi.h"
#include "stretto/error.h"

#include <cuda.h>
#include <cuda_runtime_api.h>
#include <string_view>

namespace stretto::cuda {

/// The memory kind of CUDA devices; a native lane of this kind holds a cudaStream_t, a device value a CUcontext.
inline constexpr const char* kMemoryKind = "cuda";

/// What a caller can do about it: no room is Code::overloaded, no usable device or driver Code::unavailable, a wrong
/// argument Code::internal, since it is a plugin's; so is all else, among it the errors that end a context.
inline Code code_of(cudaError_t error) {
  switch (error) {
    case cudaSuccess: return Code::ok;
    case cudaErrorMemoryAllocation: return Code::overloaded;
    case cudaErrorInsufficientDriver:
    case cudaErrorNoDevice:
    case cudaErrorInvalidDevice:
    case cudaErrorDevicesUnavailable:
    case cudaErrorInitializationError:
    case cudaErrorSystemDriverMismatch:
    case cudaErrorNoKernelImageForDevice: return Code::unavailable;
    default: return Code::internal;
  }
}

/// "cudaMalloc: out of memory (cudaErrorMemoryAllocation)"
inline std::string text_of(const char* call, cudaError_t error) {
  return std::string(call) + ": " + cudaGetErrorString(error) + " (" + cudaGetErrorName(error) + ")";
}

/// Throws unless the call succeeded. An error that is not sticky is taken out of the thread's last-error slot, so that
/// nobody meets it again.
inline void check(const char* call, cudaError_t error) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  throw Error(code_of(error), text_of(call, error));
}

/// The same for the driver's interface, which the runtime can't put into words.
inline void check(const char* call, CUresult result) {
  if (result == CUDA_SUCCESS) return;
  throw Error(Code::internal, std::string(call) + ": CUresult " + std::to_string(static_cast<int>(result)));
}

/// Calls a function of CUDA and throws its error with its name: STRETTO_CUDA(cudaMalloc, &memory, bytes).
#define STRETTO_CUDA(function, ...) ::stretto::cuda::check(#function, function(__VA_ARGS__))

/// Makes a device the calling thread's. Cheap where it is already.
inline void use_device(int index) { STRETTO_CUDA(cudaSetDevice, index); }

/// The stream behind a native lane. Throws Code::invalid_argument for a lane of another kind of device.
inline cudaStream_t stream_of(const stretto_native& lane) {
  if (lane.kind == nullptr || std::string_view(lane.kind) != kMemoryKind)
    throw Error(Code::invalid_argument, std::string("a lane of kind '") + (lane.kind == nullptr ? "" : lane.kind) +
                                            "', expected '" + kMemoryKind + "'");
  return reinterpret_cast<cudaStream_t>(lane.value);
}

}  // namespace stretto::cuda
