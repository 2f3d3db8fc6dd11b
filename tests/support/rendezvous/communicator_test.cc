// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The rules of the rendezvous transport, and that breaking them is told, not endured.

#include "communicator.h"

#include <gtest/gtest.h>
#include <thread>

namespace stretto::testing {
namespace {

Operation send(uint32_t peer, uint32_t channel, const int32_t& from) {
  return {true, peer, channel, "c" + std::to_string(channel), const_cast<int32_t*>(&from), sizeof from};
}
Operation receive(uint32_t peer, uint32_t channel, int32_t& into) {
  return {false, peer, channel, "c" + std::to_string(channel), &into, sizeof into};
}

std::shared_ptr<Transition> transition(std::vector<Operation> operations) {
  auto made = std::make_shared<Transition>();
  made->operations = std::move(operations);
  return made;
}

/// Issued and reached at once, as on a blocking lane, but not awaited.
std::shared_ptr<Transition> start(Communicator& communicator, uint32_t actor, std::vector<Operation> operations) {
  auto made = transition(std::move(operations));
  communicator.issue(actor, made);
  communicator.reach(actor, made);
  return made;
}

std::string refusal(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Rendezvous, ASendAndItsReceiveCompleteTogether) {
  Communicator communicator;
  const int32_t from = 5;
  int32_t into = 0;
  const auto sent = start(communicator, 0, {send(1, 7, from)});
  EXPECT_FALSE(sent->complete);
  const auto received = start(communicator, 1, {receive(0, 7, into)});
  EXPECT_TRUE(sent->complete);
  EXPECT_TRUE(received->complete);
  EXPECT_EQ(into, 5);
}

TEST(Rendezvous, ABlockedTransitionBlocksTheLaterOnes) {
  Communicator communicator;
  const int32_t from = 5;
  int32_t a = 0, b = 0;
  const auto to_one = start(communicator, 0, {send(1, 1, from)});
  const auto to_two = start(communicator, 0, {send(2, 2, from)});
  const auto on_two = start(communicator, 2, {receive(0, 2, b)});
  EXPECT_FALSE(on_two->complete);
  start(communicator, 1, {receive(0, 1, a)});
  EXPECT_TRUE(to_one->complete && to_two->complete && on_two->complete);
}

TEST(Rendezvous, ATransitionThatItsLaneHasNotReachedDoesNotMove) {
  Communicator communicator;
  const int32_t from = 5;
  int32_t into = 0;
  const auto early = transition({send(1, 1, from)});
  communicator.issue(0, early);
  const auto received = start(communicator, 1, {receive(0, 1, into)});
  EXPECT_FALSE(received->complete);
  communicator.reach(0, early);
  EXPECT_TRUE(received->complete);
}

TEST(Rendezvous, AGroupCompletesAsOne) {
  Communicator communicator;
  const int32_t one = 1, two = 2;
  int32_t a = 0, b = 0;
  const auto left = start(communicator, 0, {send(1, 1, one), receive(1, 2, b)});
  EXPECT_FALSE(left->complete);
  const auto right = start(communicator, 1, {send(0, 2, two), receive(0, 1, a)});
  EXPECT_TRUE(left->complete && right->complete);
  EXPECT_EQ(a, 1);
  EXPECT_EQ(b, 2);
}

TEST(Rendezvous, AGroupWaitsForAllItsPeers) {
  Communicator communicator;
  const int32_t one = 1;
  int32_t a = 0, b = 0;
  const auto group = start(communicator, 0, {send(1, 1, one), send(2, 2, one)});
  start(communicator, 1, {receive(0, 1, a)});
  EXPECT_FALSE(group->complete);
  start(communicator, 2, {receive(0, 2, b)});
  EXPECT_TRUE(group->complete);
}

Operation part(uint32_t id, const std::vector<uint32_t>& members, const int32_t& from, int32_t& into) {
  Operation made;
  made.collective = std::make_shared<const CollectiveInfo>(
      CollectiveInfo{id, STRETTO_ALL_REDUCE, STRETTO_REDUCE_SUM, kI32, 0, 1, members, "k" + std::to_string(id)});
  made.input = &from;
  made.memory = &into;
  return made;
}

TEST(Rendezvous, ACollectiveIsOneTransitionOfAllItsMembers) {
  Communicator communicator;
  const int32_t one = 1, two = 2, four = 4;
  int32_t a = 0, b = 0, c = 0;
  const auto first = start(communicator, 0, {part(0, {0, 1, 2}, one, a)});
  const auto second = start(communicator, 2, {part(0, {0, 1, 2}, four, c)});
  EXPECT_FALSE(first->complete || second->complete);
  const auto third = start(communicator, 1, {part(0, {0, 1, 2}, two, b)});
  EXPECT_TRUE(first->complete && second->complete && third->complete);
  EXPECT_TRUE(a == 7 && b == 7 && c == 7);
}

TEST(Rendezvous, SetsThatOverlapWaitForEachOther) {
  Communicator communicator;
  const int32_t one = 1, two = 2, four = 4;
  int32_t a = 0, b = 0, c = 0, other = 0;
  start(communicator, 0, {part(0, {0, 1}, one, a)});
  const auto late = start(communicator, 2, {part(1, {1, 2}, four, c)});
  start(communicator, 1, {part(0, {0, 1}, two, b)});
  EXPECT_FALSE(late->complete);
  start(communicator, 1, {part(1, {1, 2}, two, other)});
  EXPECT_TRUE(late->complete);
  EXPECT_TRUE(a == 3 && b == 3 && c == 6 && other == 6);
}

TEST(Rendezvous, CollectivesInTwoOrdersAreTold) {
  Communicator communicator;
  const int32_t one = 1;
  int32_t a = 0, b = 0;
  start(communicator, 0, {part(0, {0, 1}, one, a)});
  const auto text = refusal([&] { start(communicator, 1, {part(1, {0, 1}, one, b)}); });
  EXPECT_NE(text.find("collective 0 'k0'"), std::string::npos) << text;
  EXPECT_NE(text.find("collective 1 'k1'"), std::string::npos) << text;
}

TEST(Rendezvous, OverlappingSetsInACircleAreTold) {
  Communicator communicator;
  const int32_t one = 1;
  int32_t a = 0, b = 0, c = 0;
  start(communicator, 0, {part(0, {0, 1}, one, a)});
  start(communicator, 1, {part(1, {1, 2}, one, b)});
  const auto text = refusal([&] { start(communicator, 2, {part(2, {2, 0}, one, c)}); });
  EXPECT_NE(text.find("each waits for the next"), std::string::npos) << text;
}

TEST(Rendezvous, CrossedChannelsAreTold) {
  Communicator communicator;
  const int32_t from = 5;
  int32_t into = 0;
  start(communicator, 0, {send(1, 1, from)});
  const auto text = refusal([&] { start(communicator, 1, {receive(0, 2, into)}); });
  EXPECT_NE(text.find("channel 1"), std::string::npos);
  EXPECT_NE(text.find("channel 2"), std::string::npos);
}

TEST(Rendezvous, DifferentSizesAreTold) {
  Communicator communicator;
  const int32_t from = 5;
  int32_t into = 0;
  start(communicator, 0, {send(1, 1, from)});
  Operation shorter = receive(0, 1, into);
  shorter.bytes = 2;
  EXPECT_NE(refusal([&] { start(communicator, 1, {shorter}); }).find("2 bytes"), std::string::npos);
}

TEST(Rendezvous, TwoSendsFaceToFaceAreTold) {
  Communicator communicator;
  const int32_t from = 5;
  start(communicator, 0, {send(1, 1, from)});
  EXPECT_NE(refusal([&] { start(communicator, 1, {send(0, 2, from)}); }).find("each waits for the next"),
            std::string::npos);
}

TEST(Rendezvous, ACircleOfThreeIsTold) {
  Communicator communicator;
  const int32_t from = 5;
  int32_t into = 0;
  start(communicator, 0, {send(1, 1, from)});
  start(communicator, 1, {send(2, 2, from)});
  EXPECT_NE(refusal([&] { start(communicator, 2, {receive(0, 3, into)}); }).find("each waits for the next"),
            std::string::npos);
}

TEST(Rendezvous, ABlockedWaitEndsWithItsActorsAbort) {
  Communicator communicator;
  const int32_t from = 5;
  const auto sent = start(communicator, 0, {send(1, 1, from)});
  std::thread aborter([&] { communicator.abort(0); });
  EXPECT_NE(refusal([&] { communicator.await(0, *sent); }).find("aborted"), std::string::npos);
  aborter.join();
}

TEST(Rendezvous, NothingIsCopiedFromAnAbortedActor) {
  Communicator communicator;
  const int32_t from = 5;
  int32_t into = 0;
  start(communicator, 0, {send(1, 1, from)});
  communicator.abort(0);
  EXPECT_FALSE(start(communicator, 1, {receive(0, 1, into)})->complete);
  EXPECT_EQ(into, 0);
}

}  // namespace
}  // namespace stretto::testing
