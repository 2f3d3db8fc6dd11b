// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Steps that a fake GPU captures and launches as one: which, how often, and with the same results.

#include "captures.h"
#include "stretto/prediction.h"

#include <algorithm>
#include <numeric>

namespace stretto::testing {
namespace {

/// A row of small nodes on one GPU, of which the one at `fails` fails for executions 1 and 4.
Graph row(int count, int fails = -1, Shape shape = {16}) {
  GraphBuilder build("row");
  ValueRef value = build.input("x", {kF32, std::move(shape), 64, false});
  const auto gpu = build.actor("gpu", "cuda");
  for (int i = 0; i < count; ++i) {
    const auto name = "step" + std::to_string(i);
    value = i == fails
                ? build.node(name, gpu, "tensor.fail")
                      .bind("x", value)
                      .arg("at", std::vector<int64_t>{1, 4})
                      .arg("message", std::string("out of luck"))
                      .value()
                : build.node(name, gpu, "tensor.scale").bind("x", value).arg("factor", i % 2 ? 0.5 : 2.0).value();
  }
  build.output("y", value);
  return build.take();
}

std::string captured_why(const Graph& graph, const std::string& how) {
  return compile(graph, capturing(how), catalogue()).actors.front().capture;
}

class Captures : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Schedulers, Captures, ::testing::Values("serial", "overlap", "random_offset"));

TEST_P(Captures, ARowIsLaunchedAsOneInEveryExecution) {
  const auto options = capturing("on", GetParam());
  const Plan plan = compile(row(9), options, catalogue());
  const uint64_t before = graph_launches();
  EXPECT_TRUE(agrees(row(9), options, ramps(20)));
  EXPECT_EQ(violation(), "");
  const uint64_t launches = graph_launches() - before;
  EXPECT_GE(launches, 1U);
  EXPECT_LE(launches, 20 * plan.captures.size());
  if (GetParam() == "random_offset") return;  // which may well put apart what is one elsewhere
  ASSERT_EQ(plan.captures.size(), 1U);
  const auto& run = plan.captures[0];
  EXPECT_EQ(run.steps.size(), 11U);  // the copies too
  // With several offsets the first rounds, and those around blank ones, go step by step.
  if (run.least_offset == run.most_offset) {
    EXPECT_EQ(launches, 20U);
  }
}

TEST_P(Captures, AnErrorBeforeOneFailsItsExecutionAlone) {
  const auto options = capturing("on", GetParam());
  EXPECT_TRUE(agrees(row(9, 2), options, ramps(12)));
  EXPECT_EQ(violation(), "");
}

TEST(Capture, IsRecordedForEachPhaseOfItsSlots) {
  GraphBuilder build("two rings");
  const auto x = build.input("x", {kF32, {16}, 64, false});
  const auto gpu = build.actor("gpu", "cuda");
  ChannelOptions two, three;
  two.slots = 2;
  three.slots = 3;
  const auto first = build.node("first", gpu, "tensor.copy").bind("x", x).channel(two).value();
  const auto second = build.node("second", gpu, "tensor.copy").bind("x", first).channel(three).value();
  build.output("y", build.node("third", gpu, "tensor.scale").bind("x", second).arg("factor", 3.0).value());
  const Graph graph = build.take();
  auto options = capturing("on");
  options.inflight = 3;  // with slots for eight, there were 24 phases
  const Plan plan = compile(graph, options, catalogue());
  ASSERT_EQ(plan.captures.size(), 1U);
  uint32_t phases = 1;
  for (const uint32_t step : plan.captures[0].steps)
    for (const uint32_t ring : plan.steps[step].results) phases = std::lcm(phases, plan.rings[ring].slots);
  EXPECT_EQ(plan.captures[0].phases % phases, 0U);
  EXPECT_GT(plan.captures[0].phases, 1U);
  EXPECT_TRUE(agrees(graph, options, ramps(20)));
  EXPECT_EQ(violation(), "");
}

TEST(Capture, OffCapturesNothing) {
  const uint64_t before = graph_launches();
  EXPECT_TRUE(agrees(row(9), capturing("off"), ramps(4)));
  EXPECT_EQ(graph_launches(), before);
  EXPECT_NE(captured_why(row(9), "off").find("off"), std::string::npos);
}

TEST(Capture, AutoCapturesWhereThatIsPredictedToTakeLess) {
  const auto gains = captured_why(row(9), "auto");
  EXPECT_NE(gains.find("less in every execution"), std::string::npos) << gains;
  const auto loses = captured_why(row(3, 1), "auto");  // a copy and a node on either side
  EXPECT_NE(loses.find("longer as one"), std::string::npos) << loses;
  const Graph graph = row(9);
  const double on = predict(compile(graph, capturing("auto"), catalogue())).period;
  const double off = predict(compile(graph, capturing("off"), catalogue())).period;
  EXPECT_LT(on, off);
}

TEST(Capture, WhatDependsOnTheExecutionIsLeftOut) {
  const Plan plan = compile(row(1, 0), capturing("on"), catalogue());
  EXPECT_TRUE(plan.captures.empty());
  EXPECT_NE(plan.actors.front().capture.find("tensor.fail is not capturable"), std::string::npos)
      << plan.actors.front().capture;
}

TEST(Capture, DynamicShapesAreLeftOut) {
  const Plan plan = compile(row(9, -1, {-1}), capturing("on"), catalogue());
  EXPECT_TRUE(plan.captures.empty());
  EXPECT_NE(plan.actors.front().capture.find("is dynamic"), std::string::npos) << plan.actors.front().capture;
}

TEST(Capture, ThatCanNotBeOneIsRefused) {
  const Plan fine = compile(row(9), capturing("on"), catalogue());
  ASSERT_EQ(fine.captures.size(), 1U);
  const auto refusal = [&](auto&& spoil) {
    Plan plan = fine;
    spoil(plan, plan.captures[0]);
    return caught([&] { verify(plan); }).text;
  };
  const auto expect = [](const std::string& text, const char* words) {
    EXPECT_NE(text.find(words), std::string::npos) << text;
  };
  expect(refusal([](Plan&, Captured& capture) { ++capture.phases; }), "phases");
  expect(refusal([](Plan&, Captured& capture) { std::swap(capture.steps[1], capture.steps[2]); }), "do not follow");
  expect(refusal([](Plan& plan, Captured& capture) { plan.captures.push_back(capture); }), "captured twice");
  expect(refusal([](Plan& plan, Captured& capture) {
           plan.nodes[static_cast<size_t>(plan.steps[capture.steps[3]].node)].capturable = false;
         }),
         "is not capturable");
  expect(refusal([](Plan& plan, Captured& capture) {
           capture.steps = {plan.channels[0].readers[0].receive_step, 0};
         }),
         "captured");
}

/// What goes to another GPU and comes back can't lie between two steps of one run: it would begin with what it ends.
TEST(Capture, ThatWouldWaitForItselfIsRefused) {
  GraphBuilder build("there and back");
  const auto here = build.actor("here", "cuda", 0), there = build.actor("there", "cuda", 1);
  ValueRef value = build.input("x", {kF32, {16}, 64, false});
  for (const auto& [name, gpu] : {std::pair{"first", here}, {"second", there}, {"third", here}})
    value = build.node(name, gpu, "tensor.scale").bind("x", value).arg("factor", 2.0).value();
  build.output("y", value);
  auto options = capturing("on", "overlap");
  options.transport = "shm";
  options.inflight = 1;  // and so no offsets, which would part them by rounds
  Plan plan = compile(build.take(), options, catalogue());
  Captured run{{}, 1, 0, 0};
  auto& order = plan.issue_orders[0];
  for (uint32_t step = 0; step < plan.steps.size(); ++step)
    if (plan.steps[step].actor == 0 && plan.steps[step].kind == StepKind::compute) run.steps.push_back(step);
  ASSERT_EQ(run.steps.size(), 2U);
  for (const uint32_t step : run.steps)
    for (const auto* rings : {&plan.steps[step].inputs, &plan.steps[step].results})
      for (const uint32_t ring : *rings) run.phases = std::lcm(run.phases, plan.rings[ring].slots);
  std::erase(order, run.steps[1]);
  order.insert(std::ranges::find(order, run.steps[0]) + 1, run.steps[1]);
  auto& lane = plan.lanes[static_cast<size_t>(plan.steps[run.steps[0]].lane)].steps;
  ASSERT_EQ(plan.steps[run.steps[1]].position, plan.steps[run.steps[0]].position + 1) << lane.size();
  plan.captures = {run};
  const std::string text = caught([&] { verify(plan); }).text;
  EXPECT_NE(text.find("deadlock"), std::string::npos) << text;
}

TEST(Capture, WhatIsTracedGoesStepByStep) {
  const Graph graph = row(9);
  const uint64_t before = graph_launches();
  auto options = run_options(false);
  options.trace_executions = 4;
  Runtime runtime = Runtime::open(compile(graph, capturing("on"), catalogue()), catalogue(), options);
  const auto feeds = ramps(4);
  for (const auto& feed : feeds) runtime.execute(spans(feed), soon()).get(soon());
  EXPECT_EQ(graph_launches(), before);
  runtime.close();
  runtime.join();
  const auto times = runtime.step_times();
  EXPECT_GE(std::ranges::count_if(times, [](const StepTimes& step) { return step.count == 4; }), 9);
}

TEST(Capture, AnErrorOfItsLaunchEndsThePlanAndNamesTheActor) {
  const Graph graph = row(9);
  Runtime runtime = Runtime::open(compile(graph, capturing("on"), catalogue()), catalogue(), run_options(false));
  const auto feeds = ramps(2);
  runtime.execute(spans(feeds[0]), soon()).get(soon());
  of_the_fake<void(int)>("stretto_fake_break_graph_launches")(1);
  const auto error = caught([&] { runtime.execute(spans(feeds[1]), soon()).get(soon()); });
  of_the_fake<void(int)>("stretto_fake_break_graph_launches")(0);
  EXPECT_NE(error.text.find("cudaGraphLaunch"), std::string::npos) << error.text;
  EXPECT_NE(error.text.find("gpu"), std::string::npos) << error.text;
}

}  // namespace
}  // namespace stretto::testing
