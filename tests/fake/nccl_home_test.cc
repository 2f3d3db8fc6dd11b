// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Ranks away from their communicator's home, which is this process, too: they come through its socket all the same.

#include "nccl_home.h"

#include "machine.h"

#include <cstdio>
#include <gtest/gtest.h>
#include <nccl.h>
#include <thread>

namespace stretto::fake {
namespace {

constexpr Agent kSender = 7, kReceiver = 8;

/// Blocks until the condition holds: true. False after 10 s.
template <class Condition>
bool soon(Condition&& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class TwoAway : public ::testing::Test {
 protected:
  void SetUp() override {
    ncclUniqueId id{};
    ASSERT_EQ(ncclGetUniqueId(&id), ncclSuccess);
    for (int rank = 0; rank < 2; ++rank) {
      Entry entry{{}, 2, rank, rank, 1};
      std::snprintf(entry.id, sizeof entry.id, "%s", id.internal);
      ranks_.push_back(Away::enter(entry));
    }
    for (const auto& rank : ranks_) ASSERT_TRUE(soon([&] { return rank->ready(); }));
  }
  void TearDown() override {
    for (const auto& rank : ranks_) rank->leave();
  }

  /// A transition of one rank whose lane has come to it, and knows of an agent's past up to this moment.
  struct Part {
    std::shared_ptr<testing::Transition> transition = std::make_shared<testing::Transition>();
    std::shared_ptr<Meeting> meeting = std::make_shared<Meeting>();
    uint64_t knows(Agent agent) const { return Machine::instance().take(meeting->known).of(agent); }
  };
  Part come(uint32_t rank, bool sends, int& value, Agent agent, uint64_t moment) {
    Part part;
    part.meeting->known.know(agent, moment);
    part.transition->operations.push_back({sends, 1 - rank, 0, "NCCL", &value, sizeof value});
    ranks_.at(rank)->reach(part.transition, part.meeting);
    return part;
  }

  std::vector<std::shared_ptr<Away>> ranks_;
};

TEST_F(TwoAway, KnowWhatTheOneKnewWhomTheyMet) {
  int sent = 5, received = 0;
  const Part receive = come(1, false, received, kReceiver, 3);
  const Part send = come(0, true, sent, kSender, 4);
  for (const auto& part : {send, receive}) {
    ASSERT_TRUE(soon([&] { return part.transition->complete.load(); }));
    EXPECT_EQ(part.knows(kSender), 4U);
    EXPECT_EQ(part.knows(kReceiver), 3U);
  }
  EXPECT_EQ(received, 5);
}

TEST_F(TwoAway, DoNotKnowWhatIsSentLater) {
  int sent = 5, received = 0;
  const Part first = come(0, true, sent, kSender, 1);
  const Part second = come(0, true, sent, kSender, 2);
  const Part receive = come(1, false, received, kReceiver, 3);
  ASSERT_TRUE(soon([&] { return receive.transition->complete.load(); }));
  EXPECT_EQ(receive.knows(kSender), 1U);
  EXPECT_FALSE(second.transition->complete.load());
}

}  // namespace
}  // namespace stretto::fake
