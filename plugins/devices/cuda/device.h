// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One CUDA GPU. All devices of a process with one index share CUDA's primary context, and so each other's memory.

#include "exports.h"
#include "semaphore.h"

namespace stretto::cuda {

/// Any thread. Every call makes the GPU the calling thread's.
class CudaDevice final : public Device {
 public:
  /// Throws Code::unavailable where there is no driver, no such GPU, or one without 64-bit stream memory operations.
  explicit CudaDevice(const DeviceOpen& request);
  CudaDevice(const CudaDevice&) = delete;
  CudaDevice& operator=(const CudaDevice&) = delete;
  ~CudaDevice() override;
  /// 0 with the reason is an ordinary answer.
  static int count(std::string& reason);
  /// For `stretto doctor`: which GPUs these are, and whether processes can share their memory.
  static std::vector<std::string> findings();

  /// Raises the flag, then every word that a lane may wait for. What is enqueued runs on, to no avail.
  void abort() noexcept override;
  /// 256-byte aligned, and not initialised.
  void* allocate(uint64_t bytes) override;
  /// Waits for all work of the GPU, as cudaFree does.
  void free(void* memory) noexcept override;
  std::unique_ptr<Lane> open_lane(const char* name, int priority) override;
  std::unique_ptr<Semaphore> open_semaphore() override;
  /// See PinnedPages for what can be pinned.
  void pin(void* memory, uint64_t bytes) override;
  void unpin(void* memory) noexcept override;
  void status() override;
  void* allocate_exported(uint64_t bytes, Exported& exported) override;
  void* import_memory(const Exported& exported) override;
  void release_memory(void* memory) noexcept override;
  std::unique_ptr<Semaphore> open_semaphore_at(std::atomic<uint64_t>& word) override;

 private:
  const int index_;
  std::unique_ptr<Shared> shared_;
  std::unique_ptr<Exports> exports_;
  cudaStream_t idle_ = nullptr;  ///< nothing is enqueued on it: its query tells the context's error
};

}  // namespace stretto::cuda
