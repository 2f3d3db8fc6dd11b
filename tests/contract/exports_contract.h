// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What every device must do that lets actors share its memory (STRETTO_DEVICE_EXPORTS). A backend joins as it joins
/// DeviceContract. Two opened devices stand for two actors on one; that they may be of two processes is tried end to
/// end.

#include "device_contract.h"

namespace stretto::contract {

class ExportsContract : public DeviceContract {
 protected:
  using Told = std::array<std::byte, STRETTO_EXPORT_BYTES>;
  void SetUp() override {
    DeviceContract::SetUp();
    if (IsSkipped()) return;
    ASSERT_NE(device().api().flags & STRETTO_DEVICE_EXPORTS, 0U);
    other_ = std::make_unique<OpenDevice>(GetParam().subject);
  }
  /// Another actor's, on the same device.
  const OpenDevice& other() const { return *other_; }
  std::byte* allocate(uint64_t bytes, Told& told) const {
    void* memory = nullptr;
    needed("allocate exported memory", [&](const stretto_sink* sink) {
      return device().api().allocate_exported(device().raw(), bytes, &memory, told.data(), sink);
    });
    return static_cast<std::byte*>(memory);
  }
  Outcome import(const Told& told, void** memory) const {
    return outcome_of([&](const stretto_sink* sink) {
      return other().api().import_memory(other().raw(), told.data(), memory, sink);
    });
  }
  /// A page to itself, as what is pinned needs.
  std::atomic<uint64_t>& word(size_t index = 0) { return words_.at(8 * index); }

 private:
  std::unique_ptr<OpenDevice> other_;
  alignas(4096) std::array<std::atomic<uint64_t>, 512> words_{};
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ExportsContract);

TEST_P(ExportsContract, OneActorReadsWhatAnotherWrote) {
  constexpr uint64_t kBytes = 5000;
  Told told{};
  std::byte* memory = allocate(kBytes, told);
  void* imported = nullptr;
  ASSERT_TRUE(succeeded(import(told, &imported)));
  EXPECT_EQ(imported, memory) << "of one process";
  {
    const OpenSemaphore written(device(), word());
    const OpenSemaphore awaited(other(), word());
    PinnedBytes from(device(), random_bytes(kBytes, 3));
    PinnedBytes to(other(), kBytes);
    OpenLane writer(device());
    OpenLane reader(other());
    ASSERT_TRUE(succeeded(reader.wait(awaited, 1).get()));  // before the signal has been issued
    ASSERT_TRUE(succeeded(reader.copy(to.data(), imported, kBytes).get()));
    ASSERT_TRUE(succeeded(writer.copy(memory, from.data(), kBytes).get()));
    ASSERT_TRUE(succeeded(writer.signal(written, 1).get()));
    ASSERT_TRUE(succeeded(reader.settle()));
    EXPECT_EQ(to.bytes(), from.bytes());
  }
  other().api().release_memory(other().raw(), imported);
  device().api().free(device().raw(), memory);
}

TEST_P(ExportsContract, ActorsTakeTurnsByWords) {
  constexpr uint64_t kTurns = 200;
  const OpenSemaphore ping(device(), word(0));
  const OpenSemaphore pong(device(), word(1));
  const OpenSemaphore their_ping(other(), word(0));
  const OpenSemaphore their_pong(other(), word(1));
  OpenLane first(device());
  OpenLane second(other());
  for (uint64_t turn = 1; turn <= kTurns; ++turn) {
    second.wait(their_ping, turn);
    second.signal(their_pong, turn);
    first.signal(ping, turn);
    first.wait(pong, turn);
  }
  EXPECT_TRUE(succeeded(first.settle()));
  EXPECT_TRUE(succeeded(ping.wait(kTurns, soon())));
  EXPECT_TRUE(succeeded(their_pong.wait(kTurns, soon())));
  EXPECT_EQ(word(0).load(), kTurns);
  EXPECT_TRUE(failed_with(Code::timed_out, their_ping.wait(kTurns + 1, shortly())));
}

TEST_P(ExportsContract, HostRaisesAWordToo) {
  const OpenSemaphore mine(device(), word());
  const OpenSemaphore theirs(other(), word());
  OpenLane lane(other());
  const OpenSemaphore passed(other());
  ASSERT_TRUE(succeeded(lane.wait(theirs, 7).get()));
  ASSERT_TRUE(succeeded(lane.signal(passed, 1).get()));
  EXPECT_TRUE(succeeded(mine.signal(6)));
  EXPECT_TRUE(failed_with(Code::timed_out, passed.wait(1, shortly())));
  EXPECT_TRUE(succeeded(mine.signal(7)));
  EXPECT_TRUE(succeeded(mine.signal(5)));
  EXPECT_EQ(word().load(), 7U);
  EXPECT_TRUE(succeeded(passed.wait(1, soon())));
}

TEST_P(ExportsContract, AbortEndsTheWaitsForAWord) {
  const OpenSemaphore semaphore(device(), word());
  {
    OpenLane lane(device());
    ASSERT_TRUE(succeeded(lane.wait(semaphore, 1).get()));
    auto host = std::async(std::launch::async, [&] { return semaphore.wait(1, STRETTO_NO_DEADLINE); });
    device().abort();
    EXPECT_TRUE(failed_with(Code::cancelled, host.get()));
    EXPECT_TRUE(failed_with(Code::cancelled, lane.signal(semaphore, 1).get()));
  }  // closing an aborted lane returns
  EXPECT_EQ(word().load(), static_cast<uint64_t>(INT64_MAX));
}

TEST_P(ExportsContract, WhatNobodyToldIsRefused) {
  void* memory = nullptr;
  EXPECT_TRUE(failed_with(Code::invalid_argument, import(Told{}, &memory)));
}

TEST_P(ExportsContract, TooMuchMemoryIsOverloaded) {
  Told told{};
  void* memory = nullptr;
  for (const uint64_t bytes : {GetParam().too_much, UINT64_MAX})
    EXPECT_TRUE(failed_with(Code::overloaded, outcome_of([&](const stretto_sink* sink) {
                              return device().api().allocate_exported(device().raw(), bytes, &memory, told.data(),
                                                                      sink);
                            })));
}

}  // namespace stretto::contract
