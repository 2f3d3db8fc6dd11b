// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "device.h"

#include "lane.h"
#include "pinned.h"
#include "queues.h"
#include "shared_word.h"

#include <algorithm>

namespace stretto::cuda {
namespace {

/// The GPU exists here and can do what lanes need.
void examine(int index) {
  int devices = 0;
  if (const auto reason = absence(devices)) throw Error(Code::unavailable, *reason);
  if (index < 0 || index >= devices)
    throw Error(Code::unavailable, "there is no CUDA device " + std::to_string(index) + "; this machine has " +
                                       std::to_string(devices) + ", numbered from 0");
}

void examine_streams(const Driver& driver, int index) {
  CUdevice device = 0;
  int waits = 0;
  STRETTO_CUDA(driver.cuDeviceGet, &device, index);
  STRETTO_CUDA(driver.cuDeviceGetAttribute, &waits, CU_DEVICE_ATTRIBUTE_CAN_USE_64_BIT_STREAM_MEM_OPS, device);
  if (waits == 0)
    throw Error(Code::unavailable, "CUDA device " + std::to_string(index) +
                                       " has no 64-bit stream memory operations, by which lanes wait for the host");
}

}  // namespace

int CudaDevice::count(std::string& reason) {
  int devices = 0;
  if (const auto why = absence(devices)) reason = *why;
  return devices;
}

std::vector<std::string> CudaDevice::findings() {
  int devices = 0;
  if (absence(devices)) return {};
  const Driver driver = load_driver();
  std::vector<std::string> found;
  for (int index = 0; index < devices; ++index)
    found.push_back("cuda:" + std::to_string(index) + " is " + Exports(driver, index).gpu());
  found.emplace_back("between actors on one GPU, as threads: in place");
  found.push_back("between actors on one GPU, as processes: " + Exports::between_processes() +
                  (served_by_mps() ? "; by MPS they use it at once"
                                   : "; they take turns on it, which costs some 0.15 ms each, unless CUDA's MPS runs"));
  return found;
}

CudaDevice::CudaDevice(const DeviceOpen& request) : index_(request.index) {
  examine(index_);
  use_device(index_);
  shared_ = std::make_unique<Shared>(index_, static_cast<int>(request.settings.integer("spin")),
                                     request.settings.boolean("crowded"));
  examine_streams(shared_->driver, index_);
  exports_ = std::make_unique<Exports>(shared_->driver, index_);
  STRETTO_CUDA(cudaStreamCreateWithFlags, &idle_, cudaStreamNonBlocking);
}

CudaDevice::~CudaDevice() {
  cudaSetDevice(index_);
  cudaStreamDestroy(idle_);
}

void CudaDevice::abort() noexcept { shared_->abort(); }

void* CudaDevice::allocate(uint64_t bytes) {
  use_device(index_);
  void* memory = nullptr;
  const cudaError_t result = cudaMalloc(&memory, std::max<uint64_t>(bytes, 1));
  if (result == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    throw Error(Code::overloaded,
                "no room for " + std::to_string(bytes) + " bytes on CUDA device " + std::to_string(index_));
  }
  check("cudaMalloc", result);
  return memory;
}

void CudaDevice::free(void* memory) noexcept {
  cudaSetDevice(index_);
  cudaFree(memory);
}

std::unique_ptr<Lane> CudaDevice::open_lane(const char* name, int priority) {
  use_device(index_);
  return std::make_unique<StreamLane>(*shared_, name, priority > 0);
}

std::unique_ptr<Semaphore> CudaDevice::open_semaphore() {
  use_device(index_);
  return std::make_unique<Timeline>(*shared_);
}

void CudaDevice::pin(void* memory, uint64_t bytes) {
  use_device(index_);
  pinned_pages().pin(memory, bytes);
}

void CudaDevice::unpin(void* memory) noexcept {
  cudaSetDevice(index_);
  pinned_pages().unpin(memory);
}

void* CudaDevice::allocate_exported(uint64_t bytes, Exported& exported) {
  void* memory = allocate(Exports::rounded(bytes));
  exported = exports_->tell(memory);
  return memory;
}

void* CudaDevice::import_memory(const Exported& exported) {
  use_device(index_);
  return exports_->open(exported);
}

void CudaDevice::release_memory(void* memory) noexcept {
  cudaSetDevice(index_);
  exports_->close(memory);
}

std::unique_ptr<Semaphore> CudaDevice::open_semaphore_at(std::atomic<uint64_t>& word) {
  use_device(index_);
  return std::make_unique<SharedWord>(*shared_, word);
}

void CudaDevice::status() {
  use_device(index_);
  STRETTO_CUDA(cudaStreamQuery, idle_);
}

}  // namespace stretto::cuda
