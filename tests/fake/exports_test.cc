// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The fake GPU's memory in several processes.

#include "fake_gpu.h"

#include <future>
#include <thread>
#include <unistd.h>
#include <utility>

namespace stretto::fake {
namespace {

/// Memory that may be exported. A thread stands for another process, which the fake finds by its number alike.
class FakeExport : public FakeGpu {
 protected:
  static constexpr size_t kBlock = size_t{2} << 20U;
  void SetUp() override {
    FakeGpu::SetUp();
    std::promise<int32_t> number;
    other_ = std::thread([&number, over = over_.get_future()] {
      number.set_value(static_cast<int32_t>(gettid()));
      over.wait();
    });
    const int32_t other = number.get_future().get();
    ASSERT_EQ(cudaMalloc(&block_, kBlock), cudaSuccess);
    ASSERT_EQ(cudaIpcGetMemHandle(&own_, block_), cudaSuccess);
    theirs_ = own_;
    std::memcpy(&theirs_, &other, sizeof other);
  }
  void TearDown() override {
    over_.set_value();
    other_.join();
    cudaFree(block_);
    FakeGpu::TearDown();
  }
  cudaError_t open(void** memory, const cudaIpcMemHandle_t& handle) {
    return cudaIpcOpenMemHandle(memory, handle, cudaIpcMemLazyEnablePeerAccess);
  }

  void* block_ = nullptr;
  cudaIpcMemHandle_t own_{};
  cudaIpcMemHandle_t theirs_{};

 private:
  std::promise<void> over_;
  std::thread other_;
};

TEST_F(FakeExport, OneProcessWritesWhatTheOtherReads) {
  void* memory = nullptr;
  void* again = nullptr;
  ASSERT_EQ(open(&memory, theirs_), cudaSuccess);
  ASSERT_NE(memory, block_);
  std::memset(pinned_, 0x5a, kBytes);
  copy(block_, pinned_, one_);
  settle();
  std::memset(pinned_, 0, kBytes);
  copy(pinned_, memory, two_);
  settle();
  EXPECT_EQ(static_cast<unsigned char*>(pinned_)[kBytes - 1], 0x5a);
  ASSERT_EQ(open(&again, theirs_), cudaSuccess);
  EXPECT_EQ(again, memory);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(cudaIpcCloseMemHandle(memory), cudaSuccess);
  EXPECT_EQ(found(), "");
  EXPECT_EQ(cudaIpcCloseMemHandle(memory), cudaErrorInvalidValue);
}

TEST_F(FakeExport, OnesOwnIsRefused) {
  void* memory = nullptr;
  EXPECT_EQ(open(&memory, own_), cudaErrorInvalidValue);
}

TEST_F(FakeExport, WhatHasBeenFreedIsRefused) {
  ASSERT_EQ(cudaFree(std::exchange(block_, nullptr)), cudaSuccess);
  void* memory = nullptr;
  EXPECT_EQ(open(&memory, theirs_), cudaErrorInvalidValue);
}

TEST_F(FakeExport, FreeingWhatAnotherProcessHasOpenIsFound) {
  void* memory = nullptr;
  ASSERT_EQ(open(&memory, theirs_), cudaSuccess);
  EXPECT_NE(cudaFree(block_), cudaSuccess);
  EXPECT_NE(found().find("another process has open"), std::string::npos);
  EXPECT_NE(cudaFree(memory), cudaSuccess);
  EXPECT_NE(found().find("another process exported"), std::string::npos);
  ASSERT_EQ(cudaIpcCloseMemHandle(memory), cudaSuccess);
}

TEST_F(FakeExport, ClosingUnderAStreamIsFound) {
  void* memory = nullptr;
  ASSERT_EQ(open(&memory, theirs_), cudaSuccess);
  wait_value(one_, 1);
  copy(b_, memory, one_);
  cudaIpcCloseMemHandle(memory);
  word().store(1);
  EXPECT_NE(std::string(stretto_fake_violation()).find("closed while a stream had work"), std::string::npos);
  stretto_fake_forgive();
  ASSERT_EQ(cudaIpcCloseMemHandle(memory), cudaSuccess);
}

TEST_F(FakeGpu, ExportOfWhatMayShareItsPagesIsFound) {
  cudaIpcMemHandle_t handle{};
  EXPECT_NE(cudaIpcGetMemHandle(&handle, a_), cudaSuccess);
  EXPECT_NE(found().find("2 MiB"), std::string::npos);
}

}  // namespace
}  // namespace stretto::fake
