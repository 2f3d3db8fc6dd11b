// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What every device must do. A backend joins with
///
///     INSTANTIATE_TEST_SUITE_P(Cpu, DeviceContract, testing::Values(DeviceUnderTest{{"cpu", "cpu"}}), ByComponent());
///
/// and is skipped, with its reason, where the machine has none of it.

#include "open_device.h"

#include <atomic>
#include <random>

namespace stretto::contract {

struct DeviceUnderTest {
  UnderTest subject;
  /// More than any such device has.
  uint64_t too_much = uint64_t{1} << 60;
  /// Legal difference of a device that is there to find defects: a signal below the counter is one.
  bool refuses_lower_signals = false;
};
inline void PrintTo(const DeviceUnderTest& device, std::ostream* out) { *out << device.subject.component; }

class DeviceContract : public testing::TestWithParam<DeviceUnderTest> {
 protected:
  void SetUp() override {
    const auto& subject = GetParam().subject;
    const auto& component = load_component(plugin_path(subject.plugin), STRETTO_DEVICE, subject.component);
    int32_t count = 0;
    const Outcome outcome = outcome_of([&](const stretto_sink* sink) {
      return static_cast<const stretto_device_api*>(component.api)->count(&count, sink);
    });
    ASSERT_EQ(outcome.code, Code::ok) << outcome.message;
    if (count == 0) {
      ASSERT_FALSE(outcome.message.empty()) << "no device, and no reason";
      GTEST_SKIP() << outcome.message;
    }
    device_ = std::make_unique<OpenDevice>(subject);
  }
  const OpenDevice& device() const { return *device_; }

  static std::vector<std::byte> random_bytes(size_t count, uint32_t seed) {
    std::mt19937 random(seed);
    std::vector<std::byte> bytes(count);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random());
    return bytes;
  }

 private:
  std::unique_ptr<OpenDevice> device_;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DeviceContract);

TEST_P(DeviceContract, LaneSaysWhoseItIs) {
  const OpenLane lane(device());
  EXPECT_STREQ(lane.native().kind, device().api().memory_kind);
  EXPECT_EQ(lane.native().index, 0);
  if (device().blocking()) {
    EXPECT_EQ(lane.native().value, 0U);
  }
}

TEST_P(DeviceContract, HealthyDeviceHasNoStatus) {
  EXPECT_TRUE(
      succeeded(outcome_of([&](const stretto_sink* sink) { return device().api().status(device().raw(), sink); })));
}

TEST_P(DeviceContract, SemaphoreStartsAtZero) {
  const OpenSemaphore semaphore(device());
  EXPECT_TRUE(succeeded(semaphore.wait(0, soon())));
  EXPECT_TRUE(failed_with(Code::timed_out, semaphore.wait(1, shortly())));
}

TEST_P(DeviceContract, SemaphoreNeverFalls) {
  if (GetParam().refuses_lower_signals) GTEST_SKIP() << "it calls a lower signal a defect";
  const OpenSemaphore semaphore(device());
  EXPECT_TRUE(succeeded(semaphore.signal(5)));
  EXPECT_TRUE(succeeded(semaphore.signal(3)));
  EXPECT_TRUE(succeeded(semaphore.wait(5, soon())));
  EXPECT_TRUE(failed_with(Code::timed_out, semaphore.wait(6, shortly())));
  EXPECT_TRUE(succeeded(semaphore.signal(UINT64_C(1) << 40)));
  EXPECT_TRUE(succeeded(semaphore.wait(UINT64_C(1) << 40, soon())));
}

TEST_P(DeviceContract, WaitWhoseDeadlineHasPassedReturns) {
  const OpenSemaphore semaphore(device());
  EXPECT_TRUE(failed_with(Code::timed_out, semaphore.wait(1, to_raw(std::chrono::steady_clock::now()))));
  EXPECT_TRUE(failed_with(Code::timed_out, semaphore.wait(1, 0)));
  EXPECT_TRUE(failed_with(Code::timed_out, semaphore.wait(1, -1)));
}

TEST_P(DeviceContract, ManyThreadsPassABaton) {
  constexpr uint64_t kThreads = 3;
  constexpr uint64_t kTurns = 300;
  const OpenSemaphore baton(device());
  uint64_t unguarded = 0;  // a race detector sees it when a wait does not order
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (uint64_t me = 0; me < kThreads; ++me)
    threads.emplace_back([&, me] {
      for (uint64_t turn = me; turn < kThreads * kTurns; turn += kThreads) {
        if (baton.wait(turn, soon()).code != Code::ok) ++failures;
        if (unguarded++ != turn) ++failures;
        if (baton.signal(turn + 1).code != Code::ok) ++failures;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(unguarded, kThreads * kTurns);
}

TEST_P(DeviceContract, ConcurrentSignalsLeaveTheLargest) {
  if (GetParam().refuses_lower_signals) GTEST_SKIP() << "it calls a lower signal a defect";
  const OpenSemaphore semaphore(device());
  std::vector<std::thread> threads;
  for (uint64_t me = 0; me < 4; ++me)
    threads.emplace_back([&, me] {
      for (uint64_t value = me; value < 1000; value += 4) semaphore.signal(value + 1);
    });
  EXPECT_TRUE(succeeded(semaphore.wait(1000, soon())));
  for (auto& thread : threads) thread.join();
  EXPECT_TRUE(failed_with(Code::timed_out, semaphore.wait(1001, shortly())));
}

TEST_P(DeviceContract, LaneWaitHoldsBackLaterWork) {
  const OpenSemaphore gate(device());
  const OpenSemaphore passed(device());
  OpenLane lane(device());
  auto waited = lane.wait(gate, 1);
  auto signalled = lane.signal(passed, 1);
  EXPECT_TRUE(failed_with(Code::timed_out, passed.wait(1, shortly())));
  EXPECT_TRUE(succeeded(gate.signal(1)));
  EXPECT_TRUE(succeeded(passed.wait(1, soon())));
  EXPECT_TRUE(succeeded(waited.get()));
  EXPECT_TRUE(succeeded(signalled.get()));
}

TEST_P(DeviceContract, LanesWaitForEachOther) {
  constexpr uint64_t kTurns = 200;
  const OpenSemaphore ping(device());
  const OpenSemaphore pong(device());
  OpenLane first(device(), 0);
  OpenLane second(device(), 1);
  for (uint64_t turn = 1; turn <= kTurns; ++turn) {
    first.signal(ping, turn);
    second.wait(ping, turn);
    second.signal(pong, turn);
    first.wait(pong, turn);
  }
  EXPECT_TRUE(succeeded(pong.wait(kTurns, soon())));
  EXPECT_TRUE(succeeded(first.settle()));
  EXPECT_TRUE(succeeded(second.settle()));
}

TEST_P(DeviceContract, CopiesArriveBeforeTheSignalBehindThem) {
  for (const size_t count : {size_t{1}, size_t{63}, size_t{4097}, size_t{1} << 20, (size_t{3} << 20) + 5}) {
    PinnedBytes source(device(), random_bytes(count, static_cast<uint32_t>(count)));
    PinnedBytes target(device(), count);
    const DeviceMemory there(device(), count);
    const DeviceMemory back(device(), count);
    const OpenSemaphore done(device());
    OpenLane lane(device());
    lane.copy(there.data(), source.data(), count);
    lane.copy(back.data(), there.data(), count);
    lane.copy(target.data(), back.data(), count);
    lane.signal(done, 1);
    ASSERT_TRUE(succeeded(done.wait(1, soon())));
    EXPECT_TRUE(source.bytes() == target.bytes()) << count << " bytes";
  }
}

TEST_P(DeviceContract, CopiesTouchTheirBytesOnly) {
  constexpr size_t kCount = 1000;
  PinnedBytes source(device(), random_bytes(kCount, 1));
  PinnedBytes target(device(), kCount);
  auto expected = source.bytes();
  const DeviceMemory memory(device(), kCount);
  OpenLane lane(device());
  lane.copy(memory.data(), source.data(), kCount);
  PinnedBytes patch(device(), random_bytes(kCount, 2));
  std::mt19937 random(3);
  for (int i = 0; i < 50; ++i) {
    const size_t from = random() % kCount;
    const size_t bytes = random() % (kCount - from);
    lane.copy(memory.at(from), patch.data() + from, bytes);
    std::memcpy(expected.data() + from, patch.data() + from, bytes);
  }
  lane.copy(target.data(), memory.data(), kCount);
  ASSERT_TRUE(succeeded(lane.settle()));
  EXPECT_TRUE(target.bytes() == expected);
}

TEST_P(DeviceContract, CopyOfNothingDoesNothing) {
  const DeviceMemory memory(device(), 0);
  OpenLane lane(device());
  EXPECT_TRUE(succeeded(lane.copy(memory.data(), memory.data(), 0).get()));
  EXPECT_TRUE(succeeded(lane.settle()));
}

TEST_P(DeviceContract, MemoryIsAlignedAndApart) {
  std::vector<std::unique_ptr<DeviceMemory>> blocks;
  for (const uint64_t bytes : {0, 1, 64, 65, 4096, 1 << 20, 5 << 20})
    for (int i = 0; i < 2; ++i) blocks.push_back(std::make_unique<DeviceMemory>(device(), bytes));
  for (const auto& block : blocks) {
    EXPECT_NE(block->data(), nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block->data()) % 64, 0U) << block->bytes() << " bytes";
    for (const auto& other : blocks)
      EXPECT_TRUE(block == other || block->at(block->bytes()) <= other->data() ||
                  other->at(other->bytes()) <= block->data());
    if (device().host_accessible()) std::memset(block->data(), 1, block->bytes());
  }
}

TEST_P(DeviceContract, TooMuchMemoryIsOverloaded) {
  void* memory = nullptr;
  EXPECT_TRUE(failed_with(Code::overloaded, outcome_of([&](const stretto_sink* sink) {
                            return device().api().allocate(device().raw(), GetParam().too_much, &memory, sink);
                          })));
  const DeviceMemory still_works(device(), 4096);
  EXPECT_NE(still_works.data(), nullptr);
}

TEST_P(DeviceContract, AbortEndsWaitsPresentAndFuture) {
  const OpenSemaphore one(device());
  const OpenSemaphore other(device());
  {
    OpenLane lane(device());
    auto lane_waited = lane.wait(one, 1);
    auto lane_behind = lane.signal(other, 1);
    std::vector<std::future<Outcome>> waits;
    for (const auto* semaphore : {&one, &one, &other})
      for (const int64_t deadline : {soon(), STRETTO_NO_DEADLINE})
        waits.push_back(std::async(std::launch::async, [=] { return semaphore->wait(2, deadline); }));
    device().abort();
    for (auto& wait : waits) EXPECT_TRUE(failed_with(Code::cancelled, wait.get()));
    if (device().blocking()) {
      EXPECT_TRUE(failed_with(Code::cancelled, lane_waited.get()));
    }
    EXPECT_TRUE(failed_with(Code::cancelled, one.wait(1, STRETTO_NO_DEADLINE)));
    const OpenSemaphore later(device());
    EXPECT_TRUE(failed_with(Code::cancelled, later.wait(1, STRETTO_NO_DEADLINE)));
  }  // closing an aborted lane returns
  device().abort();
}

TEST_P(DeviceContract, AbortInTheMidstOfWorkEndsEveryWait) {
  for (int round = 0; round < 20; ++round) {
    const OpenDevice own(GetParam().subject);
    const OpenSemaphore ping(own);
    const OpenSemaphore pong(own);
    const auto turn = [&](const OpenSemaphore& mine, const OpenSemaphore& theirs) {
      for (uint64_t value = 1;; ++value) {
        mine.signal(value);
        const Outcome outcome = theirs.wait(value, STRETTO_NO_DEADLINE);
        if (outcome.code != Code::ok) return outcome;
      }
    };
    auto first = std::async(std::launch::async, [&] { return turn(ping, pong); });
    auto second = std::async(std::launch::async, [&] { return turn(pong, ping); });
    ping.wait(static_cast<uint64_t>(round) * 5, STRETTO_NO_DEADLINE);
    own.abort();
    EXPECT_TRUE(failed_with(Code::cancelled, first.get()));
    EXPECT_TRUE(failed_with(Code::cancelled, second.get()));
  }
}

}  // namespace stretto::contract
