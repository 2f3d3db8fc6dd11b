// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The fake GPU finds what it is there to find: for every kind of wait, one that is missing, each time; and nothing
/// where all is well.

#include "fake_gpu.h"

#include <array>
#include <sys/mman.h>
#include <thread>

namespace stretto::fake {
namespace {

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

TEST_F(FakeGpu, EventThatIsRecordedAgainOrdersWhatCameBeforeItsFirstRecordAlone) {
  for (int i = 0; i < kTimes; ++i) {
    cudaEventRecord(event_, one_);
    cudaStreamWaitEvent(two_, event_, 0);
    copy(b_, a_, one_);
    cudaEventRecord(event_, one_);
    copy(c_, b_, two_);
    ASSERT_NE(found().find("nothing orders"), std::string::npos) << i;
  }
}

TEST_F(FakeGpu, WhatRunsOnAfterAnAbortIsNotChecked) {
  copy(b_, a_, one_);
  wait_value(two_, 1);
  copy(c_, b_, two_);
  word().store(INT64_MAX);
  EXPECT_EQ(found(), "");
}

TEST_F(FakeGpu, NothingRunsWhileItIsHeld) {
  stretto_fake_hold();
  copy(b_, a_, one_);
  EXPECT_EQ(cudaStreamQuery(one_), cudaErrorNotReady);
  stretto_fake_release();
  EXPECT_EQ(cudaStreamSynchronize(one_), cudaSuccess);
  EXPECT_EQ(found(), "");
}

/// Host threads are told apart: what they know is what is told here.
class ThreadsApart : public FakeGpu {
 protected:
  static constexpr uint64_t kWord = 7;
  void SetUp() override {
    FakeGpu::SetUp();
    stretto_fake_tell_threads_apart(1);
  }
  void TearDown() override {
    FakeGpu::TearDown();
    stretto_fake_tell_threads_apart(0);
  }
  static uint64_t name(cudaStream_t stream) { return reinterpret_cast<uint64_t>(stream); }
};

TEST_F(ThreadsApart, EventThatTheHostHasSeenOrdersNothing) {
  for (int i = 0; i < kTimes; ++i) {
    copy(b_, a_, one_);
    cudaEventRecord(event_, one_);
    while (cudaEventQuery(event_) == cudaErrorNotReady) {
    }
    copy(c_, b_, two_);
    ASSERT_NE(found().find("nothing orders"), std::string::npos) << i;
  }
}

TEST_F(ThreadsApart, WordThatTheHostRaisesOrdersWhatIsToldOfItAlone) {
  for (int i = 1; i <= kTimes; ++i)
    for (const bool told : {true, false}) {
      const auto value = static_cast<uint64_t>(2 * i + (told ? 0 : 1));
      copy(b_, a_, one_);
      stretto_fake_stream_tells(name(one_), kWord, 1);
      settle();
      stretto_fake_host_hears(kWord, 1);
      if (told) stretto_fake_host_tells(kWord + 1, value);
      word().store(value);
      // A thread that does not know what this one knows.
      std::thread([&] {
        wait_value(two_, value);
        stretto_fake_stream_hears(name(two_), kWord + 1, value);
        copy(c_, b_, two_);
      }).join();
      ASSERT_EQ(found().empty(), told) << i;
    }
}

TEST_F(ThreadsApart, ThreadKnowsWhatItHasHeardAndAnotherOneDoesNot) {
  for (int i = 0; i < kTimes; ++i)
    for (const bool hears : {true, false}) {
      copy(b_, a_, one_);
      stretto_fake_stream_tells(name(one_), kWord, 1);
      settle();
      std::thread([&] {
        stretto_fake_host_hears(kWord, 1);
        if (hears) copy(c_, b_, two_);
      }).join();
      if (!hears) copy(c_, b_, two_);
      ASSERT_EQ(found().empty(), hears) << i;
    }
}

TEST_F(ThreadsApart, WhatIsToldLaterIsNotHeardOfAnEarlierValue) {
  for (int i = 0; i < kTimes; ++i)
    for (const uint64_t value : {uint64_t{1}, uint64_t{2}}) {
      stretto_fake_stream_tells(name(one_), kWord, 1);
      copy(b_, a_, one_);
      stretto_fake_stream_tells(name(one_), kWord, 2);
      settle();
      stretto_fake_stream_hears(name(two_), kWord, value);
      copy(c_, b_, two_);
      ASSERT_EQ(found().empty(), value == 2) << i;
    }
}

TEST_F(ThreadsApart, HostThatTouchesWhatAStreamWritesIsFound) {
  for (int i = 0; i < kTimes; ++i)
    for (const bool hears : {true, false}) {
      copy(pinned_, a_, one_);
      stretto_fake_stream_tells(name(one_), kWord, 1);
      settle();
      if (hears) stretto_fake_host_hears(kWord, 1);
      stretto_fake_host_touches(pinned_, kBytes, 0, "the test");
      ASSERT_EQ(found().empty(), hears) << i;
    }
}

TEST_F(ThreadsApart, HostThatHasNotHeardWhatItNeedsIsFound) {
  std::thread([] { stretto_fake_host_tells(kWord, 1); }).join();
  stretto_fake_host_hears(kWord, 1);
  stretto_fake_host_needs(kWord, 1, "the test");
  EXPECT_EQ(found(), "");
  std::thread([] { stretto_fake_host_tells(kWord, 1); }).join();
  stretto_fake_host_needs(kWord, 1, "the test");
  EXPECT_NE(found().find("nothing orders"), std::string::npos);
  stretto_fake_host_needs(kWord, 2, "the test");
  EXPECT_NE(found().find("nothing orders"), std::string::npos);
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

/// Two streams of one recording are two in every launch, too: what they do is in order where they wait for each other.
TEST_F(FakeGpu, StreamsOfOneCaptureWaitForEachOther) {
  for (const bool waits : {true, false}) {
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t launchable = nullptr;
    ASSERT_EQ(cudaStreamBeginCapture(one_, cudaStreamCaptureModeRelaxed), cudaSuccess);
    cudaEventRecord(event_, one_);
    cudaStreamWaitEvent(two_, event_, 0);
    cudaMemsetAsync(b_, 5, kBytes, two_);
    cudaEventRecord(event_, two_);
    if (waits) cudaStreamWaitEvent(one_, event_, 0);
    copy(pinned_, b_, one_);
    if (!waits) cudaStreamWaitEvent(one_, event_, 0);
    ASSERT_EQ(cudaStreamEndCapture(one_, &graph), cudaSuccess);
    ASSERT_EQ(cudaGraphInstantiate(&launchable, graph, 0), cudaSuccess);
    cudaGraphDestroy(graph);
    cudaMemsetAsync(b_, 0, kBytes, one_);
    cudaGraphLaunch(launchable, one_);
    const std::string text = found();
    if (waits) {
      EXPECT_EQ(text, "");
      EXPECT_EQ(static_cast<unsigned char*>(pinned_)[0], 5);
    } else {
      EXPECT_NE(text.find("nothing orders"), std::string::npos) << text;
    }
    cudaGraphExecDestroy(launchable);
  }
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
  for (const auto& text : {in_a_capture([&] { cudaStreamQuery(one_); }),
                           in_a_capture([&] {  // an event from outside of it
                             cudaEventRecord(event_, two_);
                             cudaStreamWaitEvent(one_, event_, 0);
                           }),
                           in_a_capture([&] {  // a stream that is taken in, and not waited for in the end
                             cudaEventRecord(event_, one_);
                             cudaStreamWaitEvent(two_, event_, 0);
                             cudaMemsetAsync(b_, 0, kBytes, two_);
                           }),
                           in_a_capture([&] { cudaMalloc(&memory, 8); }), in_a_capture([&] { wait_value(one_, 1); }),
                           in_a_capture([&] { cudaStreamBeginCapture(one_, cudaStreamCaptureModeRelaxed); })})
    EXPECT_NE(text.find("capture"), std::string::npos) << text;
}

TEST_F(FakeGpu, MemoryThatIsUnpinnedTooEarlyIsFound) {
  const std::vector<std::function<void(void*)>> uses{[&](void* memory) { copy(memory, a_, one_); },
                                                     [&](void* memory) { wait_value(one_, memory, 0); },
                                                     [&](void* memory) { write_value(one_, memory, 1); }};
  for (int i = 0; i < kTimes; ++i) {
    for (const auto& use : uses) {
      for (const bool waits : {true, false}) {
        void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ASSERT_EQ(cudaHostRegister(memory, 4096, cudaHostRegisterMapped), cudaSuccess);
        stretto_fake_hold();
        use(memory);
        if (waits) {
          stretto_fake_release();
          settle();
        }
        cudaHostUnregister(memory);
        if (!waits) stretto_fake_release();
        const std::string text = found();
        if (waits) {
          ASSERT_EQ(text, "") << i;
        } else {
          ASSERT_NE(text.find("still uses"), std::string::npos) << i << text;
        }
        munmap(memory, 4096);
      }
    }
  }
}

TEST_F(FakeGpu, MemoryThatIsUnpinnedTooLateIsFound) {
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_EQ(cudaHostRegister(memory, 4096, cudaHostRegisterMapped), cudaSuccess);
  munmap(memory, 4096);
  cudaHostUnregister(memory);
  const std::string text = found();
  EXPECT_NE(text.find("given back"), std::string::npos) << text;
}

TEST_F(FakeGpu, KernelWithoutATwinIsFound) {
  EXPECT_EQ(cudaLaunchKernel(pinned_, dim3(1), dim3(1), nullptr, 0, one_), cudaErrorInvalidDeviceFunction);
  cudaGetLastError();
}

}  // namespace
}  // namespace stretto::fake
