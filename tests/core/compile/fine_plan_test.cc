// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Plans that look wrong and are not: each is accepted, and refused once what saves it is gone.

#include "plans.h"

#include <algorithm>

namespace stretto::testing {
namespace {

uint32_t number_of(const Plan& plan, const std::string& name) {
  for (uint32_t number = 0; number < plan.steps.size(); ++number)
    if (plan.steps[number].name == name) return number;
  ADD_FAILURE() << "there is no step " << name;
  return 0;
}

/// Puts steps of one lane, all of them there already, into this order, with nothing of the lane between them.
void put_in_order(Plan& plan, const std::vector<std::string>& names) {
  std::vector<uint32_t> wanted;
  wanted.reserve(names.size());
  for (const auto& name : names) wanted.push_back(number_of(plan, name));
  auto& steps = plan.lanes[static_cast<size_t>(plan.steps[wanted[0]].lane)].steps;
  const auto moves = [&](uint32_t step) { return std::find(wanted.begin(), wanted.end(), step) != wanted.end(); };
  const auto first = std::find_if(steps.begin(), steps.end(), moves) - steps.begin();
  steps.erase(std::remove_if(steps.begin(), steps.end(), moves), steps.end());
  steps.insert(steps.begin() + first, wanted.begin(), wanted.end());
  for (uint32_t i = 0; i < steps.size(); ++i) plan.steps[steps[i]].position = i;
}

void group(Plan& plan, int32_t number, const std::vector<std::string>& names) {
  for (const auto& name : names) plan.steps[number_of(plan, name)].group = number;
}

/// Two actors of which each reads what the other makes, over a rendezvous, and sends first. One computes in between.
Plan exchange() {
  GraphBuilder build("exchange");
  const auto a = build.actor("a"), b = build.actor("b", "cpu", 0, true);
  const auto x = build.input("x", {kF32, {4}, 0, false});
  ChannelOptions channel;
  channel.transport = "rendezvous";
  const auto m = build.node("m", a, "tensor.scale").bind("x", x).arg("factor", 2.0).channel(channel).value();
  const auto n = build.node("n", b, "tensor.scale").bind("x", x).arg("factor", 3.0).channel(channel).value();
  build.output("p", build.node("p", a, "tensor.add").bind("values", {m, n}).value());
  build.output("q", build.node("q", b, "tensor.add").bind("values", {m, n}).value());
  build.output("r", build.node("r", b, "tensor.scale").bind("x", x).arg("factor", 5.0).value());
  Plan plan = compile(build.take(), options_with("serial"), catalogue());
  put_in_order(plan, {"COMPUTE m", "SEND m → b", "RECEIVE n on a"});
  put_in_order(plan, {"COMPUTE n", "SEND n → a", "COMPUTE r", "RECEIVE m on b"});
  return plan;
}

TEST(AFinePlan, ExchangesInAGroupOnBothActorsOrOnOne) {
  Plan plan = exchange();
  EXPECT_TRUE(refused_with(plan, "would deadlock"));
  group(plan, 0, {"SEND m → b", "RECEIVE n on a"});
  EXPECT_EQ(refusal(plan), "");
  put_in_order(plan, {"SEND n → a", "RECEIVE m on b"});
  group(plan, 1, {"SEND n → a", "RECEIVE m on b"});
  EXPECT_EQ(refusal(plan), "");
}

/// `a` sends `m` and receives `n` in a group; `b` receives, and only then sends. A thread that must know how large `n`
/// is before its group can meet anybody would wait for ever.
TEST(AFinePlan, MeetsAGroupOneByOneWhereItsSizesAreKnown) {
  for (const bool dynamic : {false, true}) {
    GraphBuilder build("one by one");
    const auto a = build.actor("a"), b = build.actor("b");
    const auto x = build.input("x", {kF32, {dynamic ? -1 : 4}, 16, false});
    ChannelOptions channel;
    channel.transport = "rendezvous";
    const auto m = build.node("m", a, "tensor.copy").bind("x", x).channel(channel).value();
    const auto n = build.node("n", b, "tensor.copy").bind("x", x).channel(channel).value();
    build.output("p", build.node("p", a, "tensor.copy").bind("x", n).value());
    build.output("q", build.node("q", b, "tensor.copy").bind("x", m).value());
    Plan plan = compile(build.take(), options_with("serial"), catalogue());
    put_in_order(plan, {"COMPUTE m", "SEND m → b", "RECEIVE n on a"});
    put_in_order(plan, {"COMPUTE n", "RECEIVE m on b", "SEND n → a"});
    group(plan, 0, {"SEND m → b", "RECEIVE n on a"});
    if (dynamic)
      EXPECT_TRUE(refused_with(plan, "would deadlock"));
    else
      EXPECT_EQ(refusal(plan), "");
  }
}

/// A shape has come with its payload: who has awaited it need not wait for that.
TEST(AFinePlan, HasAwaitedAHeaderInPlaceOfALane) {
  for (const bool dynamic : {true, false}) {
    GraphBuilder build("header");
    const auto actor = build.actor("a", "async_device");
    const auto x = build.input("x", {kF32, {dynamic ? -1 : 4}, 16, false});
    build.output("y", build.node("y", actor, "tensor.scale").bind("x", x).arg("factor", 2.0).value());
    Plan plan = compile(build.take(), options_with("overlap"), catalogue());
    auto& copy = plan.steps[number_of(plan, "COPY x into a")];
    const uint32_t receive = number_of(plan, "RECEIVE x on a");
    ASSERT_NE(copy.lane, plan.steps[receive].lane);
    decltype(copy.waits) kept;
    for (const auto& wait : copy.waits)
      if (wait.by != Wait::By::lane || wait.from != receive) kept.push_back(wait);
    ASSERT_EQ(kept.size() + 1, copy.waits.size());
    copy.waits = kept;
    if (dynamic)
      EXPECT_EQ(refusal(plan), "");
    else
      EXPECT_TRUE(refused_with(plan, "would race"));
  }
}

/// With as many slots as the window, what would wait for a slot has let the execution end that held it.
TEST(AFinePlan, LagsBehindWithinItsWindow) {
  for (const uint32_t inflight : {1U, 2U}) {
    Plan plan = compile(pair_graph(), options_with("serial", inflight), catalogue());
    put_in_order(plan, {"RECEIVE from on b", "COMPUTE to"});
    for (const char* name : {"COMPUTE to", "SEND to → driver"}) plan.steps[number_of(plan, name)].offset = 2;
    for (auto& step : plan.steps)
      for (auto& wait : step.waits) wait.rounds = wait.tokens + step.offset - plan.steps[wait.from].offset;
    if (inflight == 1)
      EXPECT_EQ(refusal(plan), "");
    else
      EXPECT_TRUE(refused_with(plan, "give the channel of 'from' 3 slots"));
  }
}

TEST(AWrongPlan, GroupsTheMessagesOfAPairInTwoOrders) {
  GraphBuilder build("two messages");
  const auto a = build.actor("a"), b = build.actor("b");
  const auto x = build.input("x", {kF32, {4}, 0, false});
  ChannelOptions channel;
  channel.transport = "rendezvous";
  const auto m = build.node("m", a, "tensor.scale").bind("x", x).arg("factor", 2.0).channel(channel).value();
  const auto n = build.node("n", a, "tensor.scale").bind("x", x).arg("factor", 3.0).channel(channel).value();
  build.output("p", build.node("p", b, "tensor.add").bind("values", {m, n}).value());
  Plan plan = compile(build.take(), options_with("serial"), catalogue());
  put_in_order(plan, {"COMPUTE m", "COMPUTE n", "SEND m → b", "SEND n → b"});
  group(plan, 0, {"SEND m → b", "SEND n → b"});
  group(plan, 1, {"RECEIVE m on b", "RECEIVE n on b"});
  put_in_order(plan, {"RECEIVE m on b", "RECEIVE n on b"});
  EXPECT_EQ(refusal(plan), "");
  put_in_order(plan, {"RECEIVE n on b", "RECEIVE m on b"});
  EXPECT_TRUE(refused_with(plan, "matches messages by their order"));
}

/// The events of a group are recorded with its last step.
TEST(AWrongPlan, AwaitsAGroupBeforeItsLastStepIsIssued) {
  GraphBuilder build("two messages");
  const auto a = build.actor("a", "async_device", 0, true), b = build.actor("b", "async_device", 1);
  const auto x = build.input("x", {kF32, {4}, 0, false});
  ChannelOptions channel;
  channel.transport = "rendezvous";
  const auto m = build.node("m", a, "tensor.scale").bind("x", x).arg("factor", 2.0).channel(channel).value();
  const auto n = build.node("n", a, "tensor.scale").bind("x", x).arg("factor", 3.0).channel(channel).value();
  build.output("p", build.node("p", b, "tensor.copy").bind("x", m).value());
  build.output("q", build.node("q", b, "tensor.copy").bind("x", n).value());
  Plan plan = compile(build.take(), options_with("grouping"), catalogue());
  ASSERT_EQ(plan.steps[number_of(plan, "RECEIVE m on b")].group, plan.steps[number_of(plan, "RECEIVE n on b")].group);
  EXPECT_EQ(refusal(plan), "");
  auto& order = plan.issue_orders[plan.steps[number_of(plan, "RECEIVE m on b")].actor];
  const auto last = std::find(order.begin(), order.end(), number_of(plan, "RECEIVE n on b"));
  const auto reader = std::find(order.begin(), order.end(), number_of(plan, "COMPUTE p"));
  ASSERT_LT(last, reader);
  std::rotate(last, reader, reader + 1);  // behind RECEIVE m, for which it waits
  EXPECT_TRUE(refused_with(plan, "'COMPUTE p' is issued before 'RECEIVE n on b', which it needs"));
}

}  // namespace
}  // namespace stretto::testing
