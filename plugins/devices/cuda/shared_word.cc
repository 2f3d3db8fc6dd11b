// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "shared_word.h"

#include "pinned.h"
#include "rest.h"

namespace stretto::cuda {

SharedWord::SharedWord(Shared& shared, std::atomic<uint64_t>& word) : shared_(shared), word_(word) {
  pinned_pages().pin(&word_, sizeof word_);
  void* address = nullptr;
  const cudaError_t result = cudaHostGetDevicePointer(&address, &word_, 0);
  if (result != cudaSuccess) {
    pinned_pages().unpin(&word_);
    check("cudaHostGetDevicePointer", result);
  }
  address_ = reinterpret_cast<CUdeviceptr>(address);
  shared_.join(*this);
}

SharedWord::~SharedWord() {
  shared_.leave(*this);
  cudaSetDevice(shared_.index);
  pinned_pages().unpin(&word_);
}

void SharedWord::host_signal(uint64_t value) {
  uint64_t found = word_.load(std::memory_order_relaxed);
  while (found < value && !word_.compare_exchange_weak(found, value, std::memory_order_release)) {
  }
}

void SharedWord::host_wait(uint64_t value, Deadline deadline) {
  Rest rest(shared_.spin);
  for (;;) {
    const bool there = word_.load(std::memory_order_acquire) >= value;
    // After the look: see Timeline::host_wait.
    if (shared_.aborted()) throw Error(Code::cancelled, "the wait for a semaphore ended: its device was aborted");
    if (there) return;
    if (!rest.until(deadline))
      throw Error(Code::timed_out, "a shared semaphore did not reach " + std::to_string(value) +
                                       " before the deadline; it is at " + std::to_string(word_.load()));
  }
}

void SharedWord::lane_signal(const StreamLane& lane, cudaStream_t stream, uint64_t value) {
  const std::lock_guard lock(mutex_);
  if (raiser_ == nullptr) raiser_ = &lane;
  if (raiser_ != &lane)
    throw Error(Code::invalid_argument, "a shared semaphore is raised by one lane; another one raises it already");
  if (value <= written_) return;
  STRETTO_CUDA(shared_.driver.cuStreamWriteValue64, stream, address_, value, CU_STREAM_WRITE_VALUE_DEFAULT);
  written_ = value;
}

void SharedWord::lane_wait(const StreamLane& /*lane*/, cudaStream_t stream, uint64_t value) {
  STRETTO_CUDA(shared_.driver.cuStreamWaitValue64, stream, address_, value, CU_STREAM_WAIT_VALUE_GEQ);
}

void SharedWord::end() noexcept { word_.store(Words::kEnd, std::memory_order_release); }

}  // namespace stretto::cuda
