// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Where the durations of a plan's steps come from.

#include "plans.h"
#include "stretto/device.h"

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

/// A device of the host that says how fast it is; never opened.
class Stated final : public Device {
 public:
  explicit Stated(const DeviceOpen& /*open*/) { throw Error(Code::unimplemented, "it never runs"); }
  static int count(std::string& /*reason*/) { return 1; }
  void abort() noexcept override {}
  void* allocate(uint64_t /*bytes*/) override { return nullptr; }
  void free(void* /*memory*/) noexcept override {}
  std::unique_ptr<Lane> open_lane(const char* /*name*/, int /*priority*/) override { return nullptr; }
  std::unique_ptr<Semaphore> open_semaphore() override { return nullptr; }
};

TEST(Costs, GoBeforeTheRatesThatADeviceStatesAndThoseBeforeTheDefaults) {
  const auto* component = &device_component<Stated>({"stated",
                                                     "for compilation alone",
                                                     "host",
                                                     STRETTO_DEVICE_BLOCKING | STRETTO_DEVICE_HOST_ACCESSIBLE,
                                                     {4, 0, 0, 1}})
                               ->raw;
  catalogue().add(component);
  Graph graph = pair_graph();
  graph.actors[1].device = "stated";
  auto options = options_with("serial");
  const auto seconds = [&] { return seconds_of(compile(graph, options, catalogue()), "COMPUTE to"); };
  // Four floats, each read, multiplied and written: the memory's rate is left to the core.
  EXPECT_NEAR(seconds(), 1 + 4.0 / 4, 1e-6);
  EXPECT_LT(seconds_of(compile(graph, options, catalogue()), "COMPUTE from"), 1e-5);
  options.costs.devices["stated"].flops = 2;
  EXPECT_NEAR(seconds(), 1 + 4.0 / 2, 1e-6);
}

}  // namespace
}  // namespace stretto::testing
