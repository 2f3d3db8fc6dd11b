// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Two streams of the fake GPU, some memory and a pinned page, for tests.

#include "cuda_call.h"

#include <atomic>
#include <cstring>
#include <gtest/gtest.h>
#include <string>

extern "C" const char* stretto_fake_violation();
extern "C" size_t stretto_fake_leaks();
extern "C" void stretto_fake_forgive();
extern "C" void stretto_fake_expect_violations();
extern "C" void stretto_fake_hold();
extern "C" void stretto_fake_release();
extern "C" void stretto_fake_tell_threads_apart(int apart);
extern "C" void stretto_fake_host_tells(uint64_t of, uint64_t value);
extern "C" void stretto_fake_host_hears(uint64_t of, uint64_t value);
extern "C" void stretto_fake_host_needs(uint64_t of, uint64_t value, const char* what);
extern "C" void stretto_fake_stream_tells(uint64_t stream, uint64_t of, uint64_t value);
extern "C" void stretto_fake_stream_hears(uint64_t stream, uint64_t of, uint64_t value);
extern "C" void stretto_fake_host_touches(const void* memory, size_t bytes, int writes, const char* what);

namespace stretto::fake {

inline constexpr int kTimes = 100;
inline constexpr size_t kBytes = 256;

class FakeGpu : public ::testing::Test {
 protected:
  void SetUp() override {
    stretto_fake_expect_violations();
    for (auto* stream : {&one_, &two_})
      ASSERT_EQ(cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking), cudaSuccess);
    for (auto* memory : {&a_, &b_, &c_}) ASSERT_EQ(cudaMalloc(memory, kBytes), cudaSuccess);
    ASSERT_EQ(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), cudaSuccess);
    ASSERT_EQ(cudaHostAlloc(&pinned_, 4096, cudaHostAllocMapped), cudaSuccess);
    std::memset(pinned_, 0, 4096);
  }
  void TearDown() override {
    settle();
    stretto_fake_forgive();
    cudaFreeHost(pinned_);
    cudaEventDestroy(event_);
    for (auto* memory : {a_, b_, c_}) cudaFree(memory);
    for (auto* stream : {one_, two_}) cudaStreamDestroy(stream);
    EXPECT_EQ(stretto_fake_leaks(), 0U);
  }
  void settle() {
    for (auto* stream : {one_, two_}) cudaStreamSynchronize(stream);
  }
  void copy(void* to, const void* from, cudaStream_t stream) {
    cudaMemcpyAsync(to, from, kBytes, cudaMemcpyDefault, stream);
  }
  std::string found() {
    settle();
    std::string text = stretto_fake_violation();
    stretto_fake_forgive();
    return text;
  }
  std::atomic<uint64_t>& word() { return *static_cast<std::atomic<uint64_t>*>(pinned_); }
  template <class Function>
  Function driver(const char* name) {
    void* function = nullptr;
    cudaDriverEntryPointQueryResult result{};
    cudaGetDriverEntryPointByVersion(name, &function, 12000, cudaEnableDefault, &result);
    return reinterpret_cast<Function>(function);
  }
  using Value = CUresult (*)(CUstream, CUdeviceptr, cuuint64_t, unsigned int);
  void wait_value(cudaStream_t stream, uint64_t value) { wait_value(stream, pinned_, value); }
  void write_value(cudaStream_t stream, uint64_t value) { write_value(stream, pinned_, value); }
  void wait_value(cudaStream_t stream, void* at, uint64_t value) {
    driver<Value>("cuStreamWaitValue64")(stream, reinterpret_cast<CUdeviceptr>(at), value, CU_STREAM_WAIT_VALUE_GEQ);
  }
  void write_value(cudaStream_t stream, void* at, uint64_t value) {
    driver<Value>("cuStreamWriteValue64")(stream, reinterpret_cast<CUdeviceptr>(at), value,
                                          CU_STREAM_WRITE_VALUE_DEFAULT);
  }

  cudaStream_t one_ = nullptr;
  cudaStream_t two_ = nullptr;
  void* a_ = nullptr;
  void* b_ = nullptr;
  void* c_ = nullptr;
  void* pinned_ = nullptr;
  cudaEvent_t event_ = nullptr;
};

}  // namespace stretto::fake
