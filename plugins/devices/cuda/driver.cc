// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "driver.h"

namespace stretto::cuda {
namespace {

/// The interface's version that the signatures in Driver are of: cuStreamWaitValue64 changed its meaning in 11.7.
constexpr unsigned int kInterface = 12000;

template <class Function>
void look_up(const char* name, Function& function) {
  void* found = nullptr;
  cudaDriverEntryPointQueryResult result{};
  check("cudaGetDriverEntryPointByVersion",
        cudaGetDriverEntryPointByVersion(name, &found, kInterface, cudaEnableDefault, &result));
  if (result != cudaDriverEntryPointSuccess || found == nullptr)
    throw Error(Code::unavailable, std::string("the CUDA driver does not offer ") + name + "; install a newer one");
  function = reinterpret_cast<Function>(found);
}

}  // namespace

std::optional<std::string> absence(int& devices) {
  devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error == cudaSuccess && devices > 0) return std::nullopt;
  devices = 0;
  cudaGetLastError();
  if (error == cudaErrorInsufficientDriver)
    return "the CUDA driver (libcuda.so.1) is not there, or older than CUDA " + std::to_string(CUDART_VERSION / 1000) +
           "." + std::to_string(CUDART_VERSION % 1000 / 10) + "; install the driver of the GPU";
  if (error == cudaSuccess || error == cudaErrorNoDevice)
    return "the CUDA driver sees no GPU; CUDA_VISIBLE_DEVICES may hide it";
  return text_of("cudaGetDeviceCount", error);
}

Driver load_driver() {
  Driver driver{};
  look_up("cuDeviceGet", driver.cuDeviceGet);
  look_up("cuDeviceGetAttribute", driver.cuDeviceGetAttribute);
  look_up("cuDeviceGetUuid", driver.cuDeviceGetUuid);
  look_up("cuCtxGetCurrent", driver.cuCtxGetCurrent);
  look_up("cuStreamWaitValue64", driver.cuStreamWaitValue64);
  look_up("cuStreamWriteValue64", driver.cuStreamWriteValue64);
  return driver;
}

}  // namespace stretto::cuda
