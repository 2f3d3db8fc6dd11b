// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The fake GPU finds what it is there to find: for every kind of wait, one that is missing, each time; and nothing
/// where all is well.

#include "machine.h"

#include "cuda_call.h"

#include <cstring>
#include <gtest/gtest.h>

extern "C" const char* stretto_fake_violation();
extern "C" size_t stretto_fake_leaks();
extern "C" void stretto_fake_forgive();
extern "C" void stretto_fake_expect_violations();

namespace stretto::fake {
namespace {

constexpr int kTimes = 100;
constexpr size_t kBytes = 256;

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
  void wait_value(cudaStream_t stream, uint64_t value) {
    driver<Value>("cuStreamWaitValue64")(stream, reinterpret_cast<CUdeviceptr>(pinned_), value,
                                         CU_STREAM_WAIT_VALUE_GEQ);
  }
  void write_value(cudaStream_t stream, uint64_t value) {
    driver<Value>("cuStreamWriteValue64")(stream, reinterpret_cast<CUdeviceptr>(pinned_), value,
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

TEST_F(FakeGpu, WorkOfOneStreamIsInOrder) {
  copy(b_, a_, one_);
  copy(c_, b_, one_);
  EXPECT_EQ(found(), "");
}

TEST_F(FakeGpu, ReaderWithoutItsEventIsFound) {
  for (int i = 0; i < kTimes; ++i) {
    copy(b_, a_, one_);
    copy(c_, b_, two_);
    ASSERT_NE(found().find("nothing orders"), std::string::npos) << i;
    copy(b_, a_, one_);
    cudaEventRecord(event_, one_);
    cudaStreamWaitEvent(two_, event_, 0);
    copy(c_, b_, two_);
    ASSERT_EQ(found(), "") << i;
  }
}

TEST_F(FakeGpu, WriterThatDoesNotWaitForTheReaderIsFound) {
  for (int i = 0; i < kTimes; ++i) {
    copy(c_, b_, two_);
    copy(b_, a_, one_);
    ASSERT_NE(found().find("nothing orders"), std::string::npos) << i;
    copy(c_, b_, two_);
    cudaEventRecord(event_, two_);
    cudaStreamWaitEvent(one_, event_, 0);
    copy(b_, a_, one_);
    ASSERT_EQ(found(), "") << i;
  }
}

TEST_F(FakeGpu, EventThatWasRecordedTooEarlyIsFound) {
  for (int i = 0; i < kTimes; ++i) {
    cudaEventRecord(event_, one_);
    copy(b_, a_, one_);
    cudaStreamWaitEvent(two_, event_, 0);
    copy(c_, b_, two_);
    ASSERT_NE(found().find("nothing orders"), std::string::npos) << i;
  }
}

TEST_F(FakeGpu, HostThatDoesNotLookIsFound) {
  for (int i = 0; i < kTimes; ++i) {
    copy(b_, a_, one_);
    cudaEventRecord(event_, one_);
    while (cudaEventQuery(event_) == cudaErrorNotReady) {
    }
    copy(c_, b_, two_);  // the host has seen the event
    ASSERT_EQ(found(), "") << i;
    copy(b_, a_, one_);
    cudaEventRecord(event_, one_);
    copy(c_, b_, two_);
    ASSERT_NE(found().find("nothing orders"), std::string::npos) << i;
  }
}

TEST_F(FakeGpu, WordFromStreamToStreamOrders) {
  for (int i = 1; i <= kTimes; ++i) {
    const auto value = static_cast<uint64_t>(i);
    copy(b_, a_, one_);
    write_value(one_, value);
    wait_value(two_, value);
    copy(c_, b_, two_);
    ASSERT_EQ(found(), "") << i;
    copy(b_, a_, one_);
    wait_value(two_, value);  // has been written already
    copy(c_, b_, two_);
    ASSERT_NE(found().find("nothing orders"), std::string::npos) << i;
  }
}

TEST_F(FakeGpu, WordsAreComparedByTheSignOfTheDifference) {
  word().store(UINT64_MAX);
  wait_value(one_, 1);
  EXPECT_EQ(cudaStreamQuery(one_), cudaErrorNotReady);
  word().store(INT64_MAX);
  EXPECT_EQ(cudaStreamSynchronize(one_), cudaSuccess);
  EXPECT_EQ(found(), "");
}

TEST_F(FakeGpu, MemoryThatIsNeitherTheDevicesNorPinnedIsFound) {
  std::array<std::byte, kBytes> plain{};
  EXPECT_NE(cudaMemcpyAsync(a_, plain.data(), kBytes, cudaMemcpyDefault, one_), cudaSuccess);
  EXPECT_NE(found().find("neither"), std::string::npos);
}

TEST_F(FakeGpu, FreshMemoryIsPoison) {
  copy(pinned_, a_, one_);
  ASSERT_EQ(found(), "");
  EXPECT_NE(static_cast<unsigned char*>(pinned_)[0], 0);
}

TEST_F(FakeGpu, WhatWasCapturedRunsWhenItIsLaunchedAndEachTime) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t launchable = nullptr;
  ASSERT_EQ(cudaStreamBeginCapture(one_, cudaStreamCaptureModeRelaxed), cudaSuccess);
  cudaMemsetAsync(b_, 5, kBytes, one_);
  ASSERT_EQ(cudaStreamEndCapture(one_, &graph), cudaSuccess);
  ASSERT_EQ(cudaGraphInstantiate(&launchable, graph, 0), cudaSuccess);
  cudaGraphDestroy(graph);
  for (int i = 0; i < 2; ++i) {
    cudaMemsetAsync(b_, 0, kBytes, one_);
    cudaGraphLaunch(launchable, one_);
    copy(pinned_, b_, one_);
    ASSERT_EQ(found(), "");
    EXPECT_EQ(static_cast<unsigned char*>(pinned_)[0], 5);
  }
  cudaGraphLaunch(launchable, two_);  // nothing orders it behind the copy
  copy(pinned_, b_, one_);
  EXPECT_NE(found().find("nothing orders"), std::string::npos);
  cudaGraphExecDestroy(launchable);
}

TEST_F(FakeGpu, WhatACaptureMayNotHoldIsFound) {
  cudaGraph_t graph = nullptr;
  const auto in_a_capture = [&](auto&& call) {
    cudaStreamBeginCapture(one_, cudaStreamCaptureModeRelaxed);
    call();
    cudaStreamEndCapture(one_, &graph);
    const std::string text = stretto_fake_violation();
    stretto_fake_forgive();
    return text;
  };
  void* memory = nullptr;
  for (const auto& text :
       {in_a_capture([&] { cudaEventRecord(event_, one_); }), in_a_capture([&] { cudaStreamQuery(one_); }),
        in_a_capture([&] { cudaMalloc(&memory, 8); }), in_a_capture([&] { wait_value(one_, 1); }),
        in_a_capture([&] { cudaStreamBeginCapture(one_, cudaStreamCaptureModeRelaxed); })})
    EXPECT_NE(text.find("capture"), std::string::npos) << text;
}

TEST_F(FakeGpu, KernelWithoutATwinIsFound) {
  EXPECT_EQ(cudaLaunchKernel(pinned_, dim3(1), dim3(1), nullptr, 0, one_), cudaErrorInvalidDeviceFunction);
  cudaGetLastError();
}

}  // namespace
}  // namespace stretto::fake
