// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Schedules made from costs that are not the true ones, judged by those that are. What an H100 takes for the reference
/// job at full size, from another process's pinned memory: tests/gpu/README.md.

#include "rehearsal/copy_engine.h"
#include "rehearsal/invariants.h"
#include "rehearsal/plugins.h"
#include "rehearsal/rehearsal.h"

#include <gtest/gtest.h>

namespace stretto::testing {
namespace {

constexpr double kTransfer = 3.73e-3;
constexpr double kProduct = 2.5e-3;
constexpr int64_t kDimension = 10'000;
constexpr double kBytes = 2.0 * kDimension * kDimension;

/// The GPU's costs, from the seconds of one transfer and of one product.
Costs costs_of(double transfer, double product) {
  Costs costs;
  auto& gpu = costs.devices["cuda"];
  gpu.launch = 5e-6;
  gpu.copy_bandwidth = kBytes / (transfer - *gpu.launch);
  gpu.ops["blas.matmul f16[10000, 10000] f16[10000, 10000] -> f16[10000, 10000]"] = product;
  return costs;
}

Plan compiled(const Costs& costs) {
  CompileOptions options;
  options.inflight = 4;
  options.processes = true;
  options.costs = costs;
  return compile(copy_engine_job(kDimension), options, all_plugins());
}

/// The share of the bound that a plan made from `believed` reaches where the true costs hold.
double share_of_bound(const Costs& believed, int64_t executions) {
  const Plan truth = compiled(costs_of(kTransfer, kProduct));
  Plan plan = compiled(believed);
  for (size_t step = 0; step < plan.steps.size(); ++step) {
    EXPECT_EQ(plan.steps[step].name, truth.steps[step].name);
    plan.steps[step].seconds = truth.steps[step].seconds;
  }
  const auto run = rehearse(plan, executions);
  EXPECT_EQ(broken_invariant(plan, run, executions), "");
  return copy_engine_bound(kTransfer, kProduct, executions) / run.makespan;
}

TEST(CopyEngine, ReachesItsBoundWithTheTrueCosts) {
  for (const int64_t executions : {5, 50}) EXPECT_GE(share_of_bound(costs_of(kTransfer, kProduct), executions), 0.98);
}

TEST(CopyEngine, ReachesItsBoundWithoutAnyCosts) {
  for (const int64_t executions : {5, 50}) EXPECT_GE(share_of_bound({}, executions), 0.98);
}

// Of what is predicted alike, slots held for less time: here the transfers seem to take nothing, then the products.
TEST(CopyEngine, ComesNearItsBoundWithCostsThatAreFarOff) {
  EXPECT_GE(share_of_bound(costs_of(20e-3, 100), 50), 0.98);
  EXPECT_GE(share_of_bound(costs_of(3.73e-3, 10e-6), 50), 0.98);
}

}  // namespace
}  // namespace stretto::testing
