// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Runs that are captured over several lanes, with what NCCL carries between fake GPUs.

#include "captures.h"
#include "stretto/prediction.h"

#include <algorithm>

namespace stretto::testing {
namespace {

/// What goes round three GPUs, several times, and is changed on each; `fails`: on the second it fails for some.
Graph ring(int hops, bool fails = false) {
  GraphBuilder build("ring");
  ValueRef value = build.input("x", {kF32, {16}, 64, false});
  std::vector<ActorHandle> gpus;
  for (int i = 0; i < 3; ++i) gpus.push_back(build.actor("gpu" + std::to_string(i), "cuda", i));
  for (int i = 0; i < hops; ++i) {
    const auto name = "hop" + std::to_string(i);
    const auto gpu = gpus[static_cast<size_t>(i) % gpus.size()];
    if (fails && i == 1)
      value = build.node(name, gpu, "tensor.fail")
                  .bind("x", value)
                  .arg("at", std::vector<int64_t>{1, 4})
                  .arg("message", std::string("out of luck"))
                  .value();
    else
      value = build.node(name, gpu, "tensor.scale").bind("x", value).arg("factor", i % 2 ? 0.5 : 2.0).value();
  }
  build.output("y", value);
  return build.take();
}

/// The sum of what two GPUs make, on both.
Graph sum() {
  GraphBuilder build("sum");
  const ValueRef x = build.input("x", {kF32, {16}, 64, false});
  std::vector<ActorHandle> gpus{build.actor("gpu0", "cuda", 0), build.actor("gpu1", "cuda", 1)};
  std::vector<ValueRef> parts;
  for (size_t i = 0; i < 2; ++i)
    parts.push_back(build.node("part" + std::to_string(i), gpus[i], "tensor.scale")
                        .bind("x", x)
                        .arg("factor", i == 0 ? 2.0 : 4.0)
                        .value());
  auto total = build.collective("total", gpus, "collective.all_reduce").bind("x", parts).transport("nccl");
  for (uint32_t i = 0; i < 2; ++i)
    build.output("y" + std::to_string(i), build.node("out" + std::to_string(i), gpus[i], "tensor.scale")
                                              .bind("x", total.value(i))
                                              .arg("factor", 0.5)
                                              .value());
  return build.take();
}

size_t captured(const Plan& plan, StepKind kind) {
  size_t many = 0;
  for (const auto& run : plan.captures)
    many += static_cast<size_t>(
        std::ranges::count_if(run.steps, [&](uint32_t step) { return plan.steps[step].kind == kind; }));
  return many;
}

class CapturedTransfers : public ::testing::TestWithParam<std::tuple<std::string, bool>> {
 protected:
  CompileOptions options() const {
    auto options = capturing("on", std::get<0>(GetParam()), true);
    options.processes = std::get<1>(GetParam());
    return options;
  }
  /// Launches are counted where the actors are threads.
  void expect_launches(uint64_t before) const {
    if (std::get<1>(GetParam())) return;
    EXPECT_GT(graph_launches(), before);
    EXPECT_EQ(violation(), "");
  }
};
INSTANTIATE_TEST_SUITE_P(Ways, CapturedTransfers,
                         ::testing::Combine(::testing::Values("serial", "overlap", "random_offset"), ::testing::Bool()),
                         [](const auto& info) {
                           return std::get<0>(info.param) + (std::get<1>(info.param) ? "_processes" : "_threads");
                         });

TEST_P(CapturedTransfers, GoRound) {
  const Plan plan = compile(ring(7), options(), catalogue());
  EXPECT_EQ(captured(plan, StepKind::send), captured(plan, StepKind::receive));
  EXPECT_GE(captured(plan, StepKind::send), std::get<0>(GetParam()) == "random_offset" ? 1U : 6U);
  for (const auto& run : plan.captures) {
    EXPECT_EQ(run.least_offset, plan.captures[0].least_offset);
    EXPECT_EQ(run.most_offset, plan.captures[0].most_offset);
  }
  const uint64_t before = graph_launches();
  EXPECT_TRUE(agrees(ring(7), options(), ramps(40)));
  expect_launches(before);
}

TEST_P(CapturedTransfers, AnErrorOnTheWayFailsItsExecutionAlone) {
  EXPECT_TRUE(agrees(ring(7, true), options(), ramps(20)));
  if (!std::get<1>(GetParam())) {
    EXPECT_EQ(violation(), "");
  }
}

TEST_P(CapturedTransfers, SumUp) {
  const Plan plan = compile(sum(), options(), catalogue());
  const uint64_t before = graph_launches();
  EXPECT_TRUE(agrees(sum(), options(), ramps(20)));
  if (std::get<0>(GetParam()) == "random_offset") return;  // which may put them where they can't be
  EXPECT_EQ(captured(plan, StepKind::collective), 2U);
  expect_launches(before);
}

/// Three senders and a receiver that works on what comes, as in the reference job: a run of all that a round has would
/// begin when the last tensor is there.
TEST(CapturedTransfer, AutoHoldsNothingUp) {
  for (const std::string scheduler : {"serial", "overlap"})
    for (const int64_t rows : {16, 1 << 20}) {
      GraphBuilder build("reference");
      const ValueRef x = build.input("x", {kF32, {rows}, static_cast<uint64_t>(rows) * 4, false});
      const auto receiver = build.actor("receiver", "cuda", 3);
      for (int i = 0; i < 3; ++i) {
        const auto sender = build.actor("sender" + std::to_string(i), "cuda", i);
        const auto made =
            build.node("make" + std::to_string(i), sender, "tensor.scale").bind("x", x).arg("factor", 2.0).value();
        auto value = made;
        for (int k = 0; k < 3; ++k)
          value = build.node("work" + std::to_string(i) + std::to_string(k), receiver, "tensor.scale")
                      .bind("x", value)
                      .arg("factor", 0.5)
                      .value();
        build.output("y" + std::to_string(i), value);
      }
      const Graph graph = build.take();
      const auto expected = [&](const std::string& how, bool transfers) {
        const Plan plan = compile(graph, capturing(how, scheduler, transfers), catalogue());
        return std::pair{predict(plan).period, simulate(plan, 5).makespan};
      };
      const auto off = expected("off", false);
      for (const bool transfers : {false, true}) {
        const auto [period, makespan] = expected("auto", transfers);
        EXPECT_LE(period, off.first * (1 + 1e-9)) << scheduler << ' ' << rows;
        EXPECT_LE(makespan, off.second * (1 + 1e-9)) << scheduler << ' ' << rows;
      }
    }
}

TEST(CapturedTransfer, IsNotCapturedUnlessAskedFor) {
  const Plan plan = compile(ring(7), capturing("on"), catalogue());
  EXPECT_EQ(captured(plan, StepKind::send) + captured(plan, StepKind::receive), 0U);
  EXPECT_FALSE(plan.captures.empty());  // the copies of what comes and goes
}

/// Where one end can't be, the other is not, nor what can only be issued behind it.
TEST(CapturedTransfer, HasBothEndsOrNeither) {
  const Plan plan = compile(ring(7, true), capturing("on", "overlap", true), catalogue());
  ASSERT_FALSE(plan.captures.empty());
  std::vector<bool> in(plan.steps.size(), false);
  for (const auto& run : plan.captures)
    for (const uint32_t step : run.steps) in[step] = true;
  for (const auto& channel : plan.channels)
    if (channel.rendezvous) {
      EXPECT_EQ(in[channel.send_step], in[channel.readers[0].receive_step]) << channel.name;
    }
}

TEST(CapturedTransfer, ThatCanNotBeOneIsRefused) {
  const Plan fine = compile(ring(7), capturing("on", "overlap", true), catalogue());
  ASSERT_GE(fine.captures.size(), 3U);
  const auto refusal = [&](auto&& spoil) {
    Plan plan = fine;
    spoil(plan);
    return caught([&] { verify(plan); }).text;
  };
  const auto expect = [](const std::string& text, const char* words) {
    EXPECT_NE(text.find(words), std::string::npos) << text;
  };
  expect(refusal([](Plan& plan) { plan.captures.pop_back(); }), "which it meets, is not");
  expect(refusal([](Plan& plan) { ++plan.captures[1].most_offset; }), "with what it meets it has");
  expect(refusal([](Plan& plan) {
           auto& order = plan.issue_orders[plan.steps[plan.captures[0].steps[0]].actor];
           const auto at = std::ranges::find(order, plan.captures[0].steps[1]);
           std::rotate(at, at + 1, order.end());
         }),
         "do not follow each other in the issue order");
  expect(refusal([](Plan& plan) {
           for (auto& channel : plan.channels) channel.capturable = false;
         }),
         "its transport is not captured");
}

}  // namespace
}  // namespace stretto::testing
