// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cuda_call.h"
#include "stretto/device.h"

#include <thread>

namespace stretto::nccl {

/// What transfers need to be tried before the first execution: some memory of the current GPU, zeroed, and a stream.
/// One thread.
class FirstBytes {
 public:
  /// Throws what CUDA refuses.
  explicit FirstBytes(size_t count) : FirstBytes() {
    STRETTO_CUDA(cudaStreamCreateWithFlags, &stream_, cudaStreamNonBlocking);
    STRETTO_CUDA(cudaMallocAsync, reinterpret_cast<void**>(&bytes_), count, stream_);
    STRETTO_CUDA(cudaMemsetAsync, bytes_, 0, count, stream_);
  }
  FirstBytes(const FirstBytes&) = delete;
  FirstBytes& operator=(const FirstBytes&) = delete;
  /// Waits for what is on the stream.
  ~FirstBytes() {
    if (bytes_ != nullptr) cudaFreeAsync(bytes_, stream_);
    while (stream_ != nullptr && cudaStreamQuery(stream_) == cudaErrorNotReady) rest();
    cudaGetLastError();
    if (stream_ != nullptr) cudaStreamDestroy(stream_);
  }
  std::byte* at(size_t offset) const { return bytes_ + offset; }
  cudaStream_t stream() const { return stream_; }
  /// Blocks until all that is on the stream has been done. Throws Code::timed_out, Code::cancelled once `aborted`, or
  /// what has ended the GPU.
  void await(Deadline deadline, const std::atomic<bool>& aborted) const {
    for (cudaError_t state = cudaStreamQuery(stream_); state != cudaSuccess; state = cudaStreamQuery(stream_)) {
      if (state != cudaErrorNotReady) cuda::check("cudaStreamQuery", state);
      if (aborted.load()) throw Error(Code::cancelled, "the transport was aborted");
      if (std::chrono::steady_clock::now() >= deadline)
        throw Error(Code::timed_out, "nccl: the first byte did not arrive before the deadline");
      rest();
    }
  }

 private:
  FirstBytes() = default;
  static void rest() { std::this_thread::sleep_for(std::chrono::microseconds(50)); }
  cudaStream_t stream_ = nullptr;
  std::byte* bytes_ = nullptr;
};

}  // namespace stretto::nccl
