// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What a collective becomes, and what is refused: of a graph, and of a plan.

#include "plans.h"

#include <algorithm>

namespace stretto::testing {
namespace {

struct Wanted {
  std::string device = "cpu";
  std::string op = "collective.all_reduce";
  std::vector<Spec> specs = std::vector<Spec>(3, Spec{kF32, {6}, 24, false});
  std::optional<std::string> transport{};
};

/// An actor and a scaled input for each spec, and a collective over them all.
Graph reducing(const Wanted& wanted) {
  GraphBuilder build("reducing");
  std::vector<ActorHandle> actors;
  std::vector<ValueRef> values;
  for (size_t i = 0; i < wanted.specs.size(); ++i) {
    const auto number = std::to_string(i);
    actors.push_back(build.actor("a" + number, wanted.device, wanted.device == "cpu" ? 0 : static_cast<int>(i)));
    const auto x = build.input("x" + number, wanted.specs[i]);
    values.push_back(
        build.node("scale" + number, actors.back(), "tensor.scale").bind("x", x).arg("factor", 2.0).value());
  }
  auto sum = build.collective("sum", actors, wanted.op);
  if (wanted.op == "collective.broadcast")
    sum.bind("x", values[1]);
  else
    sum.bind("x", values);
  if (wanted.transport) sum.transport(*wanted.transport);
  for (uint32_t i = 0; i < actors.size(); ++i) build.output("y" + std::to_string(i), sum.value(i));
  if (wanted.op == "collective.broadcast")
    for (const size_t i : {0, 2}) build.output("z" + std::to_string(i), values[i]);
  return build.take();
}

Plan plan_of(const Wanted& wanted, const std::string& scheduler = "overlap") {
  return compile(reducing(wanted), options_with(scheduler), catalogue());
}

int count(const Plan& plan, StepKind kind) {
  return static_cast<int>(std::ranges::count_if(plan.steps, [&](const Step& step) { return step.kind == kind; }));
}

std::string refused(const Graph& graph) {
  return refusal([&] { compile(graph, options_with("serial"), catalogue()); });
}

::testing::AssertionResult says(const std::string& text, const std::string& words) {
  if (text.find(words) != std::string::npos) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "'" << text << "' does not say '" << words << "'";
}

TEST(Collective, OverChannelsEachMemberComputesFromAllInputs) {
  const Plan plan = plan_of({});
  ASSERT_EQ(plan.collectives.size(), 1U);
  EXPECT_EQ(plan.collectives[0].transport, -1);
  EXPECT_TRUE(says(plan.collectives[0].reason, "'shm' (plugin shm) has no COLLECTIVES"));
  EXPECT_EQ(count(plan, StepKind::collective), 0);
  for (const uint32_t node : plan.collectives[0].nodes) EXPECT_EQ(plan.nodes[node].inputs.size(), 3U);
  // One channel to both others for each input: nobody copies for each reader.
  const auto carrying =
      std::ranges::count_if(plan.channels, [&](const Channel& channel) { return channel.readers.size() == 2; });
  EXPECT_EQ(carrying, 3);
}

TEST(Collective, ATransportWithCollectivesDoesItAsOneTransition) {
  for (const char* scheduler : {"serial", "overlap"}) {
    const Plan plan = plan_of({.transport = "rendezvous"}, scheduler);
    ASSERT_GE(plan.collectives[0].transport, 0);
    EXPECT_EQ(plan.components[static_cast<size_t>(plan.collectives[0].transport)].name, "rendezvous");
    EXPECT_EQ(plan.collectives[0].reduction, STRETTO_REDUCE_SUM);
    EXPECT_EQ(count(plan, StepKind::collective), 3);
    for (const auto& step : plan.steps) {
      if (step.kind != StepKind::collective) continue;
      EXPECT_EQ(step.joint, plan.joint_of(0));
      EXPECT_EQ(step.inputs.size(), 1U);
      EXPECT_GT(step.seconds, 0);
    }
    EXPECT_TRUE(std::ranges::none_of(plan.channels, [&](const Channel& channel) {
      return channel.writer != plan.driver() && channel.readers[0].actor != plan.driver();
    }));
  }
}

TEST(Collective, OnlyTheRootOfABroadcastReads) {
  const Plan plan = plan_of({.op = "collective.broadcast", .transport = "rendezvous"});
  EXPECT_EQ(plan.collectives[0].root, 1U);
  for (const auto& step : plan.steps)
    if (step.kind == StepKind::collective) {
      EXPECT_EQ(step.inputs.size(), step.node == 4 ? 1U : 0U) << step.name;
    }
}

TEST(Collective, AutoTakesATransportThatHasThem) {
  EXPECT_GE(plan_of({.transport = "auto"}).collectives[0].transport, 0);
}

TEST(Collective, WhatATransportCantDoGoesOverItsChannels) {
  const Spec dynamic{kF32, {-1}, 24, false};
  const auto plan = plan_of({.op = "collective.all_gather", .specs = {dynamic, dynamic}, .transport = "rendezvous"});
  EXPECT_EQ(plan.collectives[0].transport, -1);
  EXPECT_TRUE(says(plan.collectives[0].reason, "is dynamic"));
  const auto odd = plan_of({.op = "collective.all_gather",
                            .specs = {{kF32, {6}, 24, false}, {kF32, {2}, 8, false}},
                            .transport = "rendezvous"});
  EXPECT_EQ(odd.collectives[0].transport, -1);
  EXPECT_TRUE(says(odd.collectives[0].reason, "not alike"));
}

TEST(Collective, ASavedPlanIsTheSame) {
  for (const char* transport : {"shm", "rendezvous"}) {
    const Plan plan = plan_of({.transport = transport});
    const Plan again = plan_from_json(to_json(plan));
    EXPECT_EQ(hash(again), hash(plan));
    EXPECT_EQ(refusal(again), "");
  }
}

TEST(Collective, MismatchedInputsNameNodeShapesAndOrigins) {
  const auto text = refused(reducing({.specs = {{kF32, {6}, 24, false}, {kF32, {7}, 28, false}}}));
  for (const char* words : {"node 'sum' (collective.all_reduce)", "x[1] is f32[7], expected f32[6] as x[0] is",
                            "x[0] is 'scale0' of a0, f32[6]", "x[1] is 'scale1' of a1, f32[7]"})
    EXPECT_TRUE(says(text, words));
  EXPECT_TRUE(says(refused(reducing({.specs = {{kF32, {6}, 24, false}, {kF64, {6}, 48, false}}})), "x[1] is f64[6]"));
  EXPECT_TRUE(says(
      refused(reducing({.op = "collective.reduce_scatter", .specs = std::vector<Spec>(2, {kF32, {7}, 28, false})})),
      "expected a first dimension that parts into 2"));
}

TEST(Collective, ASetThatIsNoneIsRefused) {
  EXPECT_TRUE(says(refused(reducing({.op = "tensor.add"})), "'tensor.add' has no port 'x'"));
  EXPECT_TRUE(says(refused(reducing({.op = "tensor.copy"})), "takes one value"));
  Graph graph = reducing({});
  graph.nodes[4].actor = 0;
  EXPECT_TRUE(says(refused(graph), "has 'a0' twice"));
  graph = reducing({});
  graph.collectives[0].count = 0;
  EXPECT_TRUE(says(refused(graph), "empty set"));
  graph = reducing({});
  graph.collectives[0].count = 2;
  EXPECT_TRUE(says(refused(graph), "is given 3 values, expected 2, one for each actor of the set"));
  graph = reducing({});
  graph.collectives.clear();
  EXPECT_TRUE(says(refused(graph), "is called on a set of actors"));
  graph = reducing({});
  graph.nodes[5].args["reduce"].value = std::string("max");
  EXPECT_TRUE(says(refused(graph), "all members make the same call"));
  graph = reducing({});
  graph.outputs.pop_back();
  EXPECT_TRUE(says(refused(graph), "its result on 'a2', 'sum[2]', reaches no output"));
}

TEST(ACollectiveInAWrongPlan, IsRefused) {
  const auto changed = [](const std::function<void(Plan&)>& slip, const char* words) {
    Plan plan = plan_of({.transport = "rendezvous"});
    slip(plan);
    EXPECT_TRUE(refused_with(plan, words));
  };
  const auto first = [](Plan& plan) -> Step& {
    return *std::ranges::find_if(plan.steps, [](const Step& step) { return step.kind == StepKind::collective; });
  };
  changed([&](Plan& plan) { first(plan).offset += 1; }, "offset");
  changed([&](Plan& plan) { first(plan).joint = -1; }, "must be joint");
  changed([&](Plan& plan) { first(plan).joint += 1; }, "joint transition");
  changed([&](Plan& plan) { first(plan).kind = StepKind::compute; }, "has no reason to be");
  changed([](Plan& plan) { plan.collectives[0].transport = -1; }, "");
  changed([](Plan& plan) { plan.collectives[0].kind = 9; }, "of no kind");
  changed([](Plan& plan) { plan.collectives[0].reduction = 0; }, "reduces in no way");
  changed([](Plan& plan) { plan.collectives[0].root = 3; }, "no root");
  changed([](Plan& plan) { plan.collectives[0].nodes.pop_back(); }, "");
  changed([](Plan& plan) { std::swap(plan.collectives[0].nodes[0], plan.collectives[0].nodes[1]); },
          "is not the member");
  changed([](Plan& plan) { plan.collectives[0].kind = STRETTO_REDUCE_SCATTER; }, "another size");
  changed([](Plan& plan) { plan.nodes[4].member = 0; }, "is not the member");
}

// Two sets with two members in common: contradicting orders would deadlock.
TEST(ACollectiveInAWrongPlan, MayNotContradictTheGlobalOrder) {
  GraphBuilder build("two");
  const auto a = build.actor("a"), b = build.actor("b");
  const auto x = build.input("x", {kF32, {4}, 16, false});
  std::vector<ValueRef> values;
  for (const auto actor : {a, b})
    values.push_back(
        build.node("s" + std::to_string(actor.index), actor, "tensor.scale").bind("x", x).arg("factor", 2.0).value());
  for (const char* name : {"first", "second"}) {
    auto sum = build.collective(name, {a, b}, "collective.all_reduce").bind("x", values).transport("rendezvous");
    for (uint32_t i = 0; i < 2; ++i) build.output(name + std::to_string(i), sum.value(i));
  }
  Plan plan = compile(build.take(), options_with("overlap"), catalogue());
  EXPECT_EQ(refusal(plan), "");
  for (auto& lane : plan.lanes) {
    if (lane.actor != 0 || plan.steps[lane.steps[0]].kind != StepKind::collective) continue;
    ASSERT_EQ(lane.steps.size(), 2U);
    std::swap(lane.steps[0], lane.steps[1]);
    std::swap(plan.steps[lane.steps[0]].position, plan.steps[lane.steps[1]].position);
  }
  EXPECT_TRUE(refused_with(plan, "one order of its steps over all actors"));
}

}  // namespace
}  // namespace stretto::testing
