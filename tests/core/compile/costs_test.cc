// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Where the durations of a plan's steps come from.

#include "plans.h"

#include <limits>

namespace stretto::testing {
namespace {

double seconds_of(const Plan& plan, const std::string& step) {
  for (const auto& each : plan.steps)
    if (each.name == step) return each.seconds;
  ADD_FAILURE() << "no step " << step;
  return 0;
}

Plan with(const Costs& costs) {
  auto options = options_with("serial");
  options.costs = costs;
  return compile(pair_graph(), options, catalogue());
}

TEST(Costs, OfAnOpComeFromItsMostSpecificKey) {
  Costs costs;
  auto& ops = costs.devices["cpu"].ops;
  ops["tensor.scale f32[4] -> f32[4]"] = 5;
  EXPECT_EQ(seconds_of(with(costs), "COMPUTE from"), 5);
  EXPECT_EQ(seconds_of(with(costs), "COMPUTE to"), 5);
  ops["tensor.scale(factor=3.0)   f32[4]->f32[4]"] = 7;
  EXPECT_EQ(seconds_of(with(costs), "COMPUTE from"), 5);
  EXPECT_EQ(seconds_of(with(costs), "COMPUTE to"), 7) << "spaces outside of quotes don't count";
}

TEST(Costs, HaveTheKeysThatAPlanSays) {
  const Plan plan = with({});
  const auto keys = cost_keys(plan, 1);
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[1], "tensor.scale f32[4] -> f32[4]");
  Costs costs;
  costs.devices["cpu"].ops[keys[0]] = 9;
  EXPECT_EQ(seconds_of(with(costs), "COMPUTE to"), 9);
  EXPECT_LT(seconds_of(with(costs), "COMPUTE from"), 1);
}

TEST(Costs, OfALinkGoBeforeItsTransports) {
  Costs costs;
  costs.transports["shm"] = {1, 2, std::nullopt};
  costs.links.push_back({"shm", "a", "b", {std::nullopt, 3, std::nullopt}, {}});
  const Plan plan = with(costs);
  EXPECT_EQ(seconds_of(plan, "SEND from → b"), 1);
  EXPECT_EQ(seconds_of(plan, "RECEIVE from on b"), 3);
  EXPECT_EQ(seconds_of(plan, "RECEIVE x on a"), 2);
}

TEST(Costs, StayFiniteWhateverAProgramStates) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Costs costs;
  costs.transports["shm"] = {kInfinity, std::numeric_limits<double>::quiet_NaN(), std::nullopt};
  costs.devices["cpu"].launch = 1e300;
  const Plan plan = with(costs);
  EXPECT_EQ(seconds_of(plan, "SEND from → b"), 1e9);
  EXPECT_EQ(seconds_of(plan, "RECEIVE x on a"), 0);
  EXPECT_EQ(seconds_of(plan, "COMPUTE to"), 1e9);
}

TEST(Costs, ReachTheSchedulerAndTheResources) {
  Costs costs;
  costs.devices["cpu"].capacity = 3;
  const Plan plan = with(costs);
  for (const auto& step : plan.steps)
    if (step.node >= 0) {
      EXPECT_EQ(plan.resources[static_cast<uint32_t>(step.resource)].capacity, 3U);
    }
}

}  // namespace
}  // namespace stretto::testing
