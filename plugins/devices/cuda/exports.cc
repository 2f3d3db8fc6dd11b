// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "exports.h"

#include <algorithm>
#include <cstring>
#include <sys/random.h>
#include <type_traits>
#include <unistd.h>

namespace stretto::cuda {
namespace {

constexpr uint64_t kMagic = 0x31786561647563;  // "cudaex1": change the digit with the layout
using Process = std::array<uint64_t, 2>;

/// What is told.
struct Told {
  uint64_t magic;
  Process process;
  CUuuid gpu;
  void* address;
  cudaIpcMemHandle_t handle;
  int32_t pid;
  int32_t failure;  ///< a cudaError_t: why there is no handle
};
static_assert(sizeof(Told) <= STRETTO_EXPORT_BYTES && std::is_trivially_copyable_v<Told>);

/// Names this process among all of all time: a number alone may come again, or stand for another in another namespace.
const Process& this_process() {
  static const Process name = [] {
    Process made{};
    while (getrandom(made.data(), sizeof made, 0) != static_cast<ssize_t>(sizeof made)) {
    }
    return made;
  }();
  return name;
}

std::string to_text(const CUuuid& uuid) {
  std::string text = "GPU";
  for (size_t i = 0; i < sizeof uuid.bytes; ++i) {
    if (i == 0 || i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const auto byte = static_cast<unsigned char>(uuid.bytes[i]);
    text += "0123456789abcdef"[byte / 16];
    text += "0123456789abcdef"[byte % 16];
  }
  return text;
}

constexpr const char* kMend =
    "; have what these actors exchange staged through the host, [transport.shm] device_slots = false, or run them as "
    "threads";

}  // namespace

Exports::Exports(const Driver& driver, int device) : index_(device) {
  CUdevice raw = 0;
  STRETTO_CUDA(driver.cuDeviceGet, &raw, device);
  STRETTO_CUDA(driver.cuDeviceGetUuid, &gpu_, raw);
}

std::string Exports::gpu() const { return to_text(gpu_); }

std::string Exports::between_processes() {
  use_device(0);
  void* memory = nullptr;
  cudaIpcMemHandle_t handle{};
  STRETTO_CUDA(cudaMalloc, &memory, rounded(1));
  const cudaError_t result = cudaIpcGetMemHandle(&handle, memory);
  cudaFree(memory);
  if (result == cudaSuccess) return "in place, by CUDA's inter-process memory";
  cudaGetLastError();
  return "not in place: " + text_of("cudaIpcGetMemHandle", result) + kMend;
}

uint64_t Exports::rounded(uint64_t bytes) {
  constexpr uint64_t kBlock = uint64_t{2} << 20;
  return bytes > UINT64_MAX - kBlock ? bytes : (std::max<uint64_t>(bytes, 1) + kBlock - 1) / kBlock * kBlock;
}

Exported Exports::tell(void* memory) const {
  Told told{kMagic, this_process(), gpu_, memory, {}, getpid(), 0};
  told.failure = cudaIpcGetMemHandle(&told.handle, memory);
  if (told.failure != cudaSuccess) cudaGetLastError();
  Exported exported{};
  std::memcpy(exported.data(), &told, sizeof told);
  return exported;
}

void* Exports::open(const Exported& exported) {
  Told told{};
  std::memcpy(&told, exported.data(), sizeof told);
  if (told.magic != kMagic)
    throw Error(Code::invalid_argument,
                "what was told of a GPU's memory is of another kind; all actors must use the same version of cuda");
  if (std::memcmp(&told.gpu, &gpu_, sizeof gpu_) != 0)
    throw Error(Code::unavailable, "by the job these actors share a GPU, but the writer's is " + to_text(told.gpu) +
                                       " and device " + std::to_string(index_) + " of this process is " +
                                       to_text(gpu_) +
                                       "; give both the same CUDA_VISIBLE_DEVICES, or different devices in the job");
  if (told.process == this_process()) return told.address;
  if (told.failure != cudaSuccess)
    throw Error(Code::unavailable, "process " + std::to_string(told.pid) + " could not export the memory of " +
                                       to_text(told.gpu) + ": " +
                                       text_of("cudaIpcGetMemHandle", static_cast<cudaError_t>(told.failure)) + kMend);
  void* memory = nullptr;
  const cudaError_t result = cudaIpcOpenMemHandle(&memory, told.handle, cudaIpcMemLazyEnablePeerAccess);
  if (result != cudaSuccess) {
    cudaGetLastError();
    throw Error(Code::unavailable, "this process could not open what process " + std::to_string(told.pid) +
                                       " exported of the memory of " + to_text(told.gpu) + ": " +
                                       text_of("cudaIpcOpenMemHandle", result) + kMend);
  }
  const std::lock_guard lock(mutex_);
  opened_.insert(memory);
  return memory;
}

void Exports::close(void* memory) noexcept {
  {
    const std::lock_guard lock(mutex_);
    const auto found = opened_.find(memory);
    if (found == opened_.end()) return;
    opened_.erase(found);
  }
  cudaIpcCloseMemHandle(memory);
}

}  // namespace stretto::cuda
