// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The scheduler overlap: bounds that it reaches, what it never does, what its options mean.

#include "rehearsal/invariants.h"
#include "rehearsal/period_bound.h"
#include "rehearsal/plugins.h"
#include "rehearsal/random_costs.h"
#include "rehearsal/senders.h"

#include <algorithm>
#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stretto::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr double kTravel = 0.01;

Plan compiled(const Graph& graph, const std::string& scheduler, uint32_t inflight,
              const std::map<std::string, Literal>& set = {}) {
  CompileOptions options;
  options.scheduler = scheduler;
  options.inflight = inflight;
  if (!set.empty()) options.components.push_back(options_of("scheduler", scheduler, set));
  return compile(graph, options, all_plugins());
}

double makespan(const Plan& plan, int64_t executions) {
  const auto run = rehearse(plan, executions);
  EXPECT_EQ(broken_invariant(plan, run, executions), "");
  return run.makespan;
}

TEST(ThreeSenders, ReachTheirBoundWithTwoSlots) {
  for (const auto& [transfer, compute] : {Branch{2, 2}, Branch{3, 2}, Branch{2, 3}, Branch{1, 10}}) {
    const Plan plan = compiled(senders({3, {transfer, compute}}, false, 2), "overlap", 5);
    for (const int64_t executions : {1, 5, 50}) {
      const double bound =
          static_cast<double>(3 * executions) * std::max(transfer, compute) + std::min(transfer, compute);
      EXPECT_LE(makespan(plan, executions), bound + kTravel) << transfer << " and " << compute;
      EXPECT_GE(makespan(plan, executions), bound);
    }
  }
}

TEST(ThreeSenders, ReachTheirBoundWhenEachResultIsAwaited) {
  const Plan plan = compiled(senders({3, {2, 3}}, false, 2), "overlap", 1);
  EXPECT_LE(makespan(plan, 10), 10 * (3 * 3 + 2) + kTravel);
}

TEST(UnequalBranches, FollowJohnsonsRule) {
  const std::vector<Branch> branches{{10, 1}, {1, 10}};
  for (const uint32_t inflight : {1U, 5U}) {
    EXPECT_NEAR(makespan(compiled(senders(branches, true), "overlap", inflight), 1), 12, kTravel);
    EXPECT_NEAR(makespan(compiled(senders(branches, false), "overlap", inflight), 1), 21, kTravel);
  }
}

TEST(UnequalBranches, ReachTheirBoundOverManyExecutions) {
  for (const auto& branches : {std::vector<Branch>{{10, 1}, {1, 10}}, std::vector<Branch>{{3, 5}, {6, 2}, {4, 4}},
                               std::vector<Branch>{{1, 2}, {2, 4}, {5, 1}}}) {
    constexpr int64_t kExecutions = 50;
    const Plan plan = compiled(senders(branches, true), "overlap", 5);
    EXPECT_LE(makespan(plan, kExecutions), senders_bound(branches, kExecutions) / 0.97);
  }
}

/// Three senders of {transfer, compute} seconds, each behind a port of its own, or the first two behind one.
Plan behind_ports(const std::vector<Branch>& branches, bool two_share) {
  CompileOptions options;
  options.scheduler = "overlap";
  options.inflight = 5;
  for (size_t i = 0; i < branches.size(); ++i)
    options.costs.links.push_back({"wire",
                                   "sender[" + std::to_string(i) + "]",
                                   "receiver",
                                   {},
                                   "port " + std::to_string(two_share && i == 1 ? 0 : i)});
  return compile(senders(branches, true), options, all_plugins());
}

TEST(SendersBehindPortsOfTheirOwn, SendAtTheSameTime) {
  constexpr int64_t kExecutions = 50;
  // The receiver is busy all the time: its 3 × 3 are less than 6 + 7 + 8 over one link.
  EXPECT_LE(makespan(behind_ports({{6, 3}, {7, 3}, {8, 3}}, false), kExecutions), (6 + 50 * 9) * 1.01);
  // The third port is.
  EXPECT_LE(makespan(behind_ports({{1, 1}, {2, 1}, {8, 1}}, false), kExecutions), (50 * 8 + 1) * 1.01);
  // Two that share one take turns.
  const double shared = makespan(behind_ports({{6, 3}, {7, 3}, {8, 3}}, true), kExecutions);
  EXPECT_GE(shared, 50 * 13);
  EXPECT_LE(shared, (50 * 13 + 3) * 1.01);
}

TEST(Overlap, IsNeverWorseThanSerial) {
  for (uint64_t seed = 0; seed < 40; ++seed)
    for (const uint32_t inflight : {1U, 2U, 5U}) {
      const auto graph = random_costs(seed, 1 + seed % 3);
      const Plan serial = compiled(graph, "serial", inflight), overlap = compiled(graph, "overlap", inflight);
      for (const int64_t executions : {1, 2, 3, 5, 8, 20})
        EXPECT_LE(makespan(overlap, executions), makespan(serial, executions) * (1 + 1e-9))
            << "seed " << seed << ", inflight " << inflight << ", executions " << executions;
    }
}

TEST(Overlap, ComesNearTheLowerBoundOfThePeriod) {
  constexpr uint64_t kGraphs = 40;
  constexpr uint32_t kInflight = 16;
  double logarithms = 0;
  for (uint64_t seed = 0; seed < kGraphs; ++seed) {
    const auto graph = random_costs(1000 + seed, 3);
    const double bound = period_bound(compiled(graph, "apart", kInflight));
    const Plan plan = compiled(graph, "overlap", kInflight);
    const auto run = rehearse(plan, 8 * kInflight);
    EXPECT_TRUE(run.completes);
    logarithms += std::log(run.period(plan.max_offset()) / bound);
  }
  EXPECT_LE(std::exp(logarithms / static_cast<double>(kGraphs)), 1.05);
}

TEST(Overlap, ComesToAnEndWhereTimesDifferByManyDecades) {
  GraphBuilder build;
  const auto a = build.actor("a", "cpu", 0, true), b = build.actor("b", "cpu", 0, true);
  const auto tall = build.input("tall", {kF32, {INT32_MAX, 1}, 0, false});
  const auto wide = build.input("wide", {kF32, {1, 1 << 30}, 0, false});
  const auto product = build.node("product", a, "blas.matmul").bind("a", tall).bind("b", wide).value();
  const auto copy = build.node("copy", a, "tensor.copy").bind("x", wide).value();
  build.output("there", build.node("there", b, "tensor.copy").bind("x", product).value());
  build.output("sum", build.node("sum", b, "tensor.reduce").bind("x", copy).value());
  const Plan plan = compiled(build.take(), "overlap", 2);
  EXPECT_TRUE(rehearse(plan, 3).completes);
}

TEST(Overlap, GivesTheSameScheduleEveryTime) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const auto graph = random_costs(seed, 2);
    EXPECT_EQ(hash(compiled(graph, "overlap", 5)), hash(compiled(graph, "overlap", 5)));
  }
}

TEST(Overlap, NeedsTheWindowForItsOffsets) {
  const auto graph = random_costs(3, 3);
  for (const uint32_t inflight : {1U, 2U, 4U, 16U}) {
    const Plan plan = compiled(graph, "overlap", inflight);
    EXPECT_LT(plan.max_offset(), static_cast<int32_t>(inflight));
    // Blank rounds come after the last execution only.
    EXPECT_EQ(rehearse(plan, 40).blank_rounds, plan.max_offset());
  }
}

uint64_t bytes_of(const Plan& plan, const std::string& actor) {
  uint64_t bytes = 0;
  for (const auto& ring : plan.rings)
    if (plan.actors[ring.actor].name == actor && ring.alias < 0) bytes += ring.slots * ring.slot_bytes;
  return bytes;
}

TEST(Memory, LimitsTheSlotsOfEachActor) {
  const std::vector<Branch> branches(3, Branch{2, 2});
  const Plan free = compiled(senders(branches, false), "overlap", 5);
  const uint64_t slot = free.rings[free.channels[1].readers[0].ring].slot_bytes;
  ASSERT_GE(bytes_of(free, "receiver"), 6 * slot);
  const uint64_t limit = 5 * slot;
  const Plan tight = compiled(senders(branches, false), "overlap", 5, {{"memory", static_cast<int64_t>(limit)}});
  EXPECT_LE(bytes_of(tight, "receiver"), limit);
  EXPECT_EQ(broken_invariant(tight, rehearse(tight, 6), 6), "");
}

TEST(Memory, ThatIsTooSmallIsAnError) {
  try {
    compiled(senders({3, {2, 2}}, false), "overlap", 5, {{"memory", int64_t{1000}}});
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::overloaded);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("memory = 1000"), HasSubstr("sender[0]"), HasSubstr("raise memory")));
  }
}

uint32_t most_slots(const Plan& plan) {
  uint32_t most = 0;
  for (const auto& ring : plan.rings)
    if (ring.min_slots < ring.max_slots) most = std::max(most, ring.slots);
  return most;
}

TEST(Slots, AreBoundedByTheOption) {
  for (const int64_t slots : {1, 2, 3}) {
    const Plan plan = compiled(senders({3, {2, 2}}, false), "overlap", 5, {{"slots", slots}});
    EXPECT_LE(most_slots(plan), static_cast<uint32_t>(slots));
  }
}

TEST(Slots, AreOnePlusLookaheadWhereMoreBringNothing) {
  for (const int64_t lookahead : {0, 1, 3}) {
    const Plan plan =
        compiled(senders({3, {2, 2}}, false), "overlap", 5, {{"lookahead", lookahead}, {"slots", 1 + lookahead}});
    EXPECT_EQ(most_slots(plan), static_cast<uint32_t>(1 + lookahead));
  }
  EXPECT_EQ(most_slots(compiled(senders({3, {2, 2}}, false), "overlap", 5)), 2U);
}

TEST(Latency, IsNeverAboveThatOfThroughput) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto graph = random_costs(seed, 2);
    const auto alone = [&](const char* objective) {
      return makespan(compiled(graph, "overlap", 5, {{"objective", std::string(objective)}}), 1);
    };
    EXPECT_LE(alone("latency"), alone("throughput") * (1 + 1e-9)) << "seed " << seed;
  }
}

TEST(RaysRule, LiesBetweenSerialAndOverlap) {
  for (const int64_t executions : {1, 5, 50}) {
    const auto graph = senders({3, {2, 2}}, false, 2);
    const double ray = makespan(compiled(graph, "ray_rule", 5), executions);
    EXPECT_LT(ray, makespan(compiled(graph, "serial", 5), executions));
    EXPECT_LE(makespan(compiled(graph, "overlap", 5), executions), ray);
  }
}

}  // namespace
}  // namespace stretto::testing
