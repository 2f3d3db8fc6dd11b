// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Period, makespan and bound of plans by lot, and of shapes whose times are known.

#include "stretto/prediction.h"

#include "compile/predict/blank_rounds.h"
#include "plans.h"

#include <algorithm>
#include <map>
#include <random>

namespace stretto::testing {
namespace {

constexpr uint64_t kPlans = 300;

/// Durations by lot, in whole microseconds so that sums are exact enough to compare.
void draw_costs(Plan& plan, uint64_t seed) {
  std::mt19937_64 random(seed);
  for (auto& step : plan.steps)
    step.seconds = step.actor == plan.driver() ? 0 : 1e-6 * static_cast<double>(random() % 20);
}

Plan costed_plan(uint64_t seed) {
  Plan plan = random_plan(seed);
  draw_costs(plan, seed);
  return plan;
}

TEST(AMakespan, IsNeverBelowTheBound) {
  for (uint64_t seed = 0; seed < kPlans; ++seed) {
    const Plan plan = costed_plan(seed);
    for (const int64_t executions : {1, 2, 7}) {
      const auto bound = lower_bound(plan, executions);
      EXPECT_GE(simulate(plan, executions).makespan, bound.seconds * (1 - 1e-9)) << "seed " << seed;
    }
  }
}

TEST(APeriod, IsNeverBelowTheBound) {
  for (uint64_t seed = 0; seed < kPlans; ++seed) {
    const Plan plan = costed_plan(seed);
    EXPECT_GE(predict(plan).period, lower_bound_of_period(plan).seconds * (1 - 1e-9)) << "seed " << seed;
  }
}

TEST(APeriod, IsWhatManyExecutionsComeTo) {
  int exact = 0;
  for (uint64_t seed = 0; seed < kPlans; ++seed) {
    const Plan plan = costed_plan(seed);
    const double period = predict(plan).period;
    const double slope = (simulate(plan, 120).makespan - simulate(plan, 60).makespan) / 60;
    EXPECT_GE(slope, period * (1 - 1e-6)) << "seed " << seed;
    exact += slope <= period * (1 + 1e-6) + 1e-12 ? 1 : 0;
  }
  // Where several lanes contend for one resource, the order of service may cost more.
  EXPECT_GT(exact, static_cast<int>(kPlans) * 8 / 10);
}

TEST(APeriod, IsExactWithoutSharedResources) {
  int exact = 0;
  for (uint64_t seed = 0; seed < kPlans; ++seed) {
    Plan plan = costed_plan(seed);
    for (auto& step : plan.steps) step.resource = -1;
    const double slope = (simulate(plan, 240).makespan - simulate(plan, 120).makespan) / 120;
    const double period = predict(plan).period;
    const bool blocking =
        std::all_of(plan.actors.begin(), plan.actors.end(), [](auto& actor) { return actor.blocking; });
    if (blocking || compiling::rounds_per_execution(plan) == 1) {
      EXPECT_NEAR(slope, period, 1e-9) << "seed " << seed << ", offset " << plan.max_offset();
      ++exact;
    } else {
      EXPECT_GE(slope, period - 1e-9) << "seed " << seed << ", offset " << plan.max_offset();
    }
  }
  EXPECT_GT(exact, static_cast<int>(kPlans) / 2);
}

TEST(ABottleneck, IsACircuitOfThePlan) {
  for (uint64_t seed = 0; seed < kPlans; ++seed) {
    const Plan plan = costed_plan(seed);
    const auto prediction = predict(plan);
    if (prediction.period == 0) continue;
    const auto& bottleneck = prediction.bottleneck;
    EXPECT_NEAR(bottleneck.seconds / static_cast<double>(bottleneck.tokens), prediction.period, 1e-12);
    ASSERT_NE(bottleneck.circuit.empty(), bottleneck.resource < 0) << "seed " << seed;
    for (size_t i = 0; i < bottleneck.circuit.size(); ++i) {
      const auto& next = bottleneck.circuit[(i + 1) % bottleneck.circuit.size()];
      EXPECT_EQ(bottleneck.circuit[i].to, next.from) << "seed " << seed;
      EXPECT_NE(to_text(plan, bottleneck.circuit[i]), "");
    }
  }
}

TEST(ATimeline, HoldsEveryStepOfEveryExecutionOnceAndLanesOneAtATime) {
  for (uint64_t seed = 0; seed < kPlans; ++seed) {
    const Plan plan = costed_plan(seed);
    const auto timeline = simulate(plan, 4);
    std::map<std::pair<uint32_t, int64_t>, int> runs;
    std::map<int32_t, double> busy_until;
    double last = 0;
    for (const auto& run : timeline.runs) {
      ++runs[{run.step, run.execution}];
      last = std::max(last, run.end);
      const auto& step = plan.steps[run.step];
      EXPECT_NEAR(run.end - run.start, std::max(step.seconds, run.end - run.start), 1e-12);
      if (step.lane < 0 || step.joint >= 0) continue;
      EXPECT_GE(run.start, busy_until[step.lane] - 1e-12) << "seed " << seed << ' ' << step.name;
      busy_until[step.lane] = run.end;
    }
    EXPECT_EQ(runs.size(), plan.steps.size() * 4) << "seed " << seed;
    EXPECT_DOUBLE_EQ(timeline.makespan, last);
  }
}

TEST(MoreSlots, NeverSlowAPlanDown) {
  for (uint64_t seed = 0; seed < kPlans; ++seed) {
    const Plan plan = costed_plan(seed);
    const double before = predict(plan).period;
    for (const auto& dependence : predict(plan).bottleneck.circuit) {
      if (dependence.by != Dependence::By::slots) continue;
      EXPECT_LE(predict(plan, {dependence.ring, 1}).period, before * (1 + 1e-9)) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace stretto::testing
