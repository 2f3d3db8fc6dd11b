// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What holds of every plan, for graphs of every shape, under every scheduler.

#include "cases.h"

#include "random_graph/dice.h"
#include "rehearsal/invariants.h"
#include "rehearsal/plugins.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stretto::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Values;

CompileOptions options(const std::string& scheduler, uint32_t inflight) {
  CompileOptions made;
  made.scheduler = scheduler;
  made.inflight = inflight;
  return made;
}

using Way = std::tuple<const char*, uint32_t, bool>;  // scheduler, inflight, names reversed

class EveryPlan : public ::testing::TestWithParam<std::tuple<size_t, Way>> {};

TEST_P(EveryPlan, KeepsTheInvariants) {
  const auto& [number, way] = GetParam();
  const auto& [scheduler, inflight, reversed] = way;
  Sketch sketch(reversed);
  cases()[number].draw(sketch);
  const Plan plan = compile(sketch.take(), options(scheduler, inflight), all_plugins());
  // One alone first: what offsets keep back must be drained.
  for (const int64_t executions : {1, 6})
    EXPECT_EQ(broken_invariant(plan, rehearse(plan, executions), executions), "") << executions << " executions";
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<size_t, Way>>& info) {
  const auto& [number, way] = info.param;
  return std::string(cases()[number].name) + "_" + std::get<0>(way) + "_" + std::to_string(std::get<1>(way)) +
         (std::get<2>(way) ? "_reversed" : "");
}

INSTANTIATE_TEST_SUITE_P(Cases, EveryPlan,
                         ::testing::Combine(::testing::Range(size_t{0}, cases().size()),
                                            Values(Way{"serial", 1, false}, Way{"serial", 5, true},
                                                   Way{"overlap", 1, true}, Way{"overlap", 5, false},
                                                   Way{"overlap", 5, true})),
                         name_of);

TEST(Names, DoNotDecideSchedules) {
  for (const auto& each : cases()) {
    std::vector<std::vector<std::vector<std::pair<uint32_t, int32_t>>>> lanes(2);
    for (const bool reversed : {false, true}) {
      Sketch sketch(reversed);
      each.draw(sketch);
      const Plan plan = compile(sketch.take(), options("overlap", 5), all_plugins());
      for (const auto& lane : plan.lanes) {
        auto& steps = lanes[reversed ? 1 : 0].emplace_back();
        for (const uint32_t step : lane.steps) steps.emplace_back(step, plan.steps[step].offset);
      }
    }
    EXPECT_EQ(lanes[0], lanes[1]) << each.name;
  }
}

TEST(Transports, AreRefusedWhereNothingTravels) {
  Sketch sketch(false);
  const auto a = sketch.actor();
  sketch.output(sketch.node(a, 1, {sketch.node(a, 1, {sketch.input()}, "rendezvous")}));
  try {
    compile(sketch.take(), options("overlap", 2), all_plugins());
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument);
    EXPECT_THAT(error.what(), HasSubstr("drop the transport"));
  }
}

TEST(LargeGraphs, AreScheduledWithoutASearch) {
  constexpr size_t kNodes = 100'000;
  Dice dice(3);
  Sketch sketch(false);
  std::vector<ActorHandle> actors;
  for (int i = 0; i < 64; ++i) actors.push_back(sketch.actor());
  std::vector<ValueRef> values{sketch.input()};
  std::vector<bool> read(kNodes + 1, false);
  for (size_t i = 0; i < kNodes; ++i) {
    const size_t from = i - std::min<size_t>(i, dice.below(100));
    read[from] = true;
    values.push_back(sketch.node(actors[dice.below(64)], 1, {values[from]}));
  }
  for (size_t i = 1; i < values.size(); ++i)
    if (!read[i]) sketch.output(values[i]);
  const Plan plan = compile(sketch.take(), options("overlap", 2), all_plugins());
  EXPECT_EQ(plan.max_offset(), 0);
  size_t scheduled = 0;
  for (const auto& lane : plan.lanes) scheduled += lane.steps.size();
  size_t expected = 0;
  for (const auto& step : plan.steps) expected += step.actor != plan.driver() ? 1 : 0;
  EXPECT_EQ(scheduled, expected);
}

}  // namespace
}  // namespace stretto::testing
