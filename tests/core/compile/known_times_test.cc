// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Shapes whose best times are known by hand.

#include "plans.h"
#include "stretto/prediction.h"

namespace stretto::testing {
namespace {

/// Three senders and a receiver: a transfer takes t on one link, a product m on the receiver; all else is free.
Plan three_senders(double t, double m, uint32_t slots, uint32_t inflight) {
  GraphBuilder build("three senders");
  const auto level = build.input("level", {kF32, {4, 4}, 0, false});
  ChannelOptions channel;
  channel.slots = slots;
  std::vector<ValueRef> made;
  for (int i = 0; i < 3; ++i)
    made.push_back(build.node("make" + std::to_string(i), build.actor("sender" + std::to_string(i)), "tensor.scale")
                       .bind("x", level)
                       .arg("factor", 2.0)
                       .channel(channel)
                       .value());
  const auto receiver = build.actor("receiver");
  for (int i = 0; i < 3; ++i) {
    const auto name = std::to_string(i);
    build.output("out" + name,
                 build.node("multiply" + name, receiver, "blas.matmul").bind("a", made[i]).bind("b", made[i]).value());
  }
  Plan plan = compile(build.take(), options_with("overlap", inflight), catalogue());
  plan.resources = {{"link", 1}, {"core", 1}};
  for (auto& step : plan.steps) {
    const auto& actor = plan.actors[step.actor].name;
    const bool product = step.node >= 0 && plan.nodes[static_cast<uint32_t>(step.node)].op == "matmul";
    const bool transfer = actor == "receiver" && step.kind == StepKind::receive;
    step.seconds = product ? m : transfer ? t : 0;
    step.resource = transfer ? 0 : product ? 1 : -1;
  }
  return plan;
}

TEST(ThreeSenders, TakeWhatTheSlowerOfLinkAndProductAllows) {
  constexpr int64_t kExecutions = 20;
  for (const auto& [t, m] : {std::pair(1.0, 3.0), std::pair(3.0, 1.0), std::pair(2.0, 2.0)}) {
    const Plan plan = three_senders(t, m, 2, 5);
    const double best = 3 * kExecutions * std::max(t, m) + std::min(t, m);
    EXPECT_DOUBLE_EQ(simulate(plan, kExecutions).makespan, best) << t << ", " << m;
    EXPECT_DOUBLE_EQ(predict(plan).period, 3 * std::max(t, m));
    EXPECT_DOUBLE_EQ(lower_bound(plan, kExecutions).seconds, best);
    EXPECT_DOUBLE_EQ(lower_bound_of_period(plan).seconds, 3 * std::max(t, m));
  }
}

TEST(ThreeSenders, LoseTheOverlapBetweenExecutionsWhereEachIsAwaited) {
  constexpr int64_t kExecutions = 20;
  const Plan plan = three_senders(1, 3, 2, 1);
  EXPECT_DOUBLE_EQ(simulate(plan, kExecutions).makespan, kExecutions * (3 * 3.0 + 1));
  const auto bound = lower_bound(plan, kExecutions);
  EXPECT_DOUBLE_EQ(bound.seconds, kExecutions * (3 * 3.0 + 1));
}

TEST(ThreeSenders, NameTheLinkOrTheProductsAsTheBottleneck) {
  const auto link = predict(three_senders(3, 1, 2, 5)).bottleneck;
  ASSERT_EQ(link.circuit.size(), 3U);
  const Plan plan = three_senders(1, 3, 2, 5);
  const auto product = predict(plan).bottleneck;
  ASSERT_EQ(product.circuit.size(), 3U);
  for (const auto& dependence : product.circuit) {
    EXPECT_EQ(dependence.by, Dependence::By::lane);
    EXPECT_EQ(plan.steps[dependence.from].kind, StepKind::compute);
  }
}

TEST(AChange, SaysWhatItBrings) {
  // One slot between a transfer of 2 and a product of 3: they take turns.
  const Plan plan = compile(pair_graph(), options_with("overlap", 4), catalogue());
  Plan timed = plan;
  for (auto& step : timed.steps) {
    step.resource = -1;
    step.seconds = step.name == "COMPUTE from" ? 2 : step.name == "COMPUTE to" ? 3 : 0;
  }
  const auto before = predict(timed);
  EXPECT_DOUBLE_EQ(before.period, 5);
  int32_t ring = -1;
  for (const auto& dependence : before.bottleneck.circuit)
    if (dependence.by == Dependence::By::slots) ring = dependence.ring;
  ASSERT_GE(ring, 0);
  EXPECT_EQ(timed.values[timed.rings[static_cast<uint32_t>(ring)].value].name, "from");
  Change change;
  change.ring = ring;
  change.more_slots = 1;
  EXPECT_DOUBLE_EQ(predict(timed, change).period, 3);
  Change faster;
  faster.step = static_cast<int32_t>(before.bottleneck.circuit[0].from);
  faster.speed = 2;
  EXPECT_LT(predict(timed, faster).period, 5);
}

TEST(ASimulation, RefusesANegativeNumber) {
  const Plan plan = three_senders(1, 1, 1, 1);
  EXPECT_THROW(simulate(plan, -1), Error);
  EXPECT_EQ(simulate(plan, 0).makespan, 0);
  EXPECT_EQ(lower_bound(plan, 0).seconds, 0);
}

TEST(ASimulation, RefusesWhatItCannotKeep) { EXPECT_THROW(simulate(three_senders(1, 1, 1, 1), 10'000'000), Error); }

TEST(ASimulation, TakesNoRoomForUnitsThatNothingUses) {
  Plan plan = three_senders(1, 1, 1, 1);
  const double makespan = simulate(plan, 5).makespan;
  plan.resources.resize(100'000, {"idle", UINT32_MAX});
  EXPECT_EQ(simulate(plan, 5).makespan, makespan);
}

}  // namespace
}  // namespace stretto::testing
