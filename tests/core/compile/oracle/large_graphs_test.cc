// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The verifier against the model on larger graphs by lot: five to eight nodes on three or four actors, with what
/// random graphs have: both devices, both transports, dynamic values, states, several results.
///
/// STRETTO_ORACLE=full tries 100,000 of them; otherwise a sample. STRETTO_ORACLE_FROM: the first seed.

#include "large_graphs.h"

#include "anyhow.h"
#include "compare.h"
#include "plans.h"

namespace stretto::testing {
namespace {

/// The same with all actors on the blocking device.
Graph on_cpu(Graph graph) {
  for (auto& actor : graph.actors) {
    actor.device = "cpu";
    actor.device_index = 0;
  }
  return graph;
}

TEST(TheVerifier, AgreesWithTheModelOnLargerGraphs) {
  const uint64_t count = tries_all() ? 100'000 : 400;
  Tally tally;
  each_large_graph(count, [&](const RandomGraph& random) {
    std::mt19937_64 lot(random.seed);
    const CompileOptions schedule = anyhow(lot);
    CompileOptions options = scheduled_by(random, schedule.scheduler);
    options.inflight = schedule.inflight;
    options.components.push_back(schedule.components.back());
    auto plan = draft(random.graph, options);
    if (!plan) {
      ++tally.plans["not to be issued round by round, hence tried on cpu"];
      plan = draft(on_cpu(random.graph), without(options, "device"));
    }
    compare(*plan, to_text(random) + to_json(*plan), tally, kMostStates);
  });
  report("larger graphs, schedules anyhow", tally);
  for (const char* outcome : {"fine", "race", "stuck"}) EXPECT_GT(tally.plans[outcome], count / 100) << outcome;
  EXPECT_LT(tally.plans["too large"], count / 10);
}

TEST(TheVerifier, AcceptsWhatSchedulersMakeOfLargerGraphs) {
  const uint64_t count = tries_all() ? 2'000 : 30;
  for (const char* scheduler : {"serial", "overlap", "random_offset"}) {
    Tally tally;
    each_large_graph(count, [&](const RandomGraph& random) {
      const Plan plan = compile(random.graph, scheduled_by(random, scheduler), catalogue());
      compare(plan, to_text(random) + to_json(plan), tally, kMostStates);
    });
    report(std::string("larger graphs by ") + scheduler, tally);
    EXPECT_EQ(tally.plans["fine"] + tally.plans["too large"], count);
    EXPECT_LT(tally.plans["too large"], count / 4);
  }
}

}  // namespace
}  // namespace stretto::testing
