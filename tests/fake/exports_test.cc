// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The fake GPU's memory in several processes: what is refused, and what nothing orders.

#include "fake_gpu.h"
#include "word_names.h"

#include <array>
#include <future>
#include <sys/mman.h>
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

TEST_F(FakeExport, AccessesThatNothingOrdersAreFoundAtWhateverAddress) {
  void* memory = nullptr;
  ASSERT_EQ(open(&memory, theirs_), cudaSuccess);
  for (int i = 0; i < kTimes; ++i) {
    stretto_fake_hold();
    copy(block_, a_, one_);
    copy(b_, memory, two_);
    stretto_fake_release();
    ASSERT_NE(found().find("nothing orders"), std::string::npos) << i;
    stretto_fake_hold();
    copy(block_, a_, one_);
    copy(b_, static_cast<std::byte*>(memory) + kBytes, two_);
    stretto_fake_release();
    ASSERT_EQ(found(), "") << i;
  }
  ASSERT_EQ(cudaIpcCloseMemHandle(memory), cudaSuccess);
}

/// A page that two processes have mapped, here as one with two addresses.
class SharedPage {
 public:
  SharedPage() {
    const int file = memfd_create("stretto-test-words", MFD_CLOEXEC);
    EXPECT_EQ(ftruncate(file, 4096), 0);
    for (auto& side : sides_) {
      side = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
      EXPECT_EQ(cudaHostRegister(side, 4096, cudaHostRegisterMapped), cudaSuccess);
    }
    close(file);
  }
  SharedPage(const SharedPage&) = delete;
  SharedPage& operator=(const SharedPage&) = delete;
  ~SharedPage() {
    for (void* side : sides_) {
      cudaHostUnregister(side);
      munmap(side, 4096);
    }
  }
  void* side(size_t number, size_t word) const { return static_cast<uint64_t*>(sides_.at(number)) + word; }

 private:
  std::array<void*, 2> sides_{};
};

TEST_F(FakeExport, WordThatIsSharedOrdersByItsValue) {
  const SharedPage page;
  void* memory = nullptr;
  ASSERT_EQ(open(&memory, theirs_), cudaSuccess);
  for (uint64_t i = 0; i < kTimes; ++i) {
    const uint64_t first = 2 * i + 1, second = first + 1;
    for (const uint64_t awaited : {first, second}) {
      stretto_fake_hold();
      for (const uint64_t value : {first, second}) {
        copy(block_, a_, one_);
        write_value(one_, page.side(0, awaited - first), value);
      }
      wait_value(two_, page.side(1, awaited - first), awaited);
      copy(b_, memory, two_);
      stretto_fake_release();
      // Also where both had been raised when it looked.
      ASSERT_EQ(found().find("nothing orders") != std::string::npos, awaited == first) << i;
    }
  }
  ASSERT_EQ(cudaIpcCloseMemHandle(memory), cudaSuccess);
}

TEST_F(FakeExport, WordsAreKnownByTheirPlaceInWhatIsShared) {
  const SharedPage page, other;
  WordNames names;
  ASSERT_TRUE(names.of(page.side(0, 1)));
  EXPECT_EQ(names.of(page.side(0, 1)), names.of(page.side(1, 1)));
  EXPECT_NE(names.of(page.side(0, 1)), names.of(page.side(1, 2)));
  EXPECT_NE(names.of(page.side(0, 1)), names.of(other.side(0, 1)));
  EXPECT_FALSE(names.of(pinned_));
}

TEST_F(FakeExport, WhatWasTouchedBeforeTheExportIsKnownThen) {
  stretto_fake_tell_threads_apart(1);  // or this thread would know of the copy
  void* block = nullptr;
  ASSERT_EQ(cudaMalloc(&block, kBlock), cudaSuccess);
  copy(block, a_, one_);
  settle();
  cudaIpcMemHandle_t handle{};
  ASSERT_EQ(cudaIpcGetMemHandle(&handle, block), cudaSuccess);
  copy(b_, block, two_);
  EXPECT_NE(found().find("nothing orders"), std::string::npos);
  cudaFree(block);
  stretto_fake_tell_threads_apart(0);
}

TEST_F(FakeExport, WhoHasClosedABlockIsDoneWithIt) {
  stretto_fake_tell_threads_apart(1);
  void* memory = nullptr;
  ASSERT_EQ(open(&memory, theirs_), cudaSuccess);
  copy(b_, memory, two_);
  settle();
  ASSERT_EQ(cudaIpcCloseMemHandle(memory), cudaSuccess);
  copy(block_, a_, one_);
  EXPECT_EQ(found(), "");
  stretto_fake_tell_threads_apart(0);
}

TEST_F(FakeGpu, ExportOfWhatMayShareItsPagesIsFound) {
  cudaIpcMemHandle_t handle{};
  EXPECT_NE(cudaIpcGetMemHandle(&handle, a_), cudaSuccess);
  EXPECT_NE(found().find("2 MiB"), std::string::npos);
}

}  // namespace
}  // namespace stretto::fake
