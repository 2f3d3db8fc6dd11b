// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The random graphs hold what they are there for.

#include "random_graph.h"

#include "reference/reference.h"

#include <cstdlib>
#include <gtest/gtest.h>

namespace stretto::testing {
namespace {

constexpr uint64_t kGraphs = 2000;

TEST(RandomGraphs, TheSameSeedGivesTheSameGraph) {
  for (uint64_t seed = 0; seed < 20; ++seed) EXPECT_EQ(to_text(random_graph(seed)), to_text(random_graph(seed)));
  EXPECT_NE(to_text(random_graph(1)), to_text(random_graph(2)));
}

TEST(RandomGraphs, HoldEveryFeatureOftenEnough) {
  std::map<std::string, int> graphs_with;
  for (uint64_t seed = 0; seed < kGraphs; ++seed) {
    const auto random = random_graph(seed);
    for (const auto& [feature, count] : random.features)
      if (count != 0) ++graphs_with[feature];
    Reference reference(random.graph);
    bool failed = false, right = false;
    for (const auto& feed : random.feeds) {
      const auto outcome = reference.run(feed);
      (outcome.failures.empty() ? right : failed) = true;
      for (const auto& failure : outcome.failures)
        if (failure.text.find("asked") == std::string::npos) ++graphs_with["overflow"];
    }
    if (failed) ++graphs_with["an execution fails"];
    if (failed && right) ++graphs_with["executions fail and succeed"];
  }
  const std::map<std::string, int> least{
      {"a value read twice by one node", 300},
      {"an execution fails", 200},
      {"an input read by several actors", 300},
      {"an output that nodes read too", 300},
      {"any order", 600},
      {"bound order", 600},
      {"device async_device", 600},
      {"device cpu", 600},
      {"direct return", 300},
      {"dynamic edge between actors", 100},
      {"dynamic value", 200},
      {"edge by rendezvous", 500},
      {"edge by shm", 500},
      {"edge of an asynchronous device by rendezvous", 300},
      {"edge of an asynchronous device by shm", 300},
      {"empty value", 100},
      {"executions fail and succeed", 200},
      {"fan-in", 300},
      {"fan-out", 300},
      {"inflight 1", 200},
      {"inflight 2", 200},
      {"inflight 3", 200},
      {"inflight 4", 200},
      {"inflight 5", 200},
      {"mode fifo", 200},
      {"mode latest", 200},
      {"mode random", 200},
      {"op blas.matmul", 100},
      {"op tensor.add", 500},
      {"op tensor.busy", 300},
      {"op tensor.checksum", 100},
      {"op tensor.concat", 300},
      {"op tensor.copy", 500},
      {"op tensor.describe", 100},
      {"op tensor.fail", 200},
      {"op tensor.fill", 300},
      {"op tensor.reduce", 200},
      {"op tensor.running_sum", 200},
      {"op tensor.scale", 300},
      {"op tensor.split", 200},
      {"overflow", 50},
      {"read here and elsewhere", 300},
      {"scheduler overlap", 400},
      {"scheduler random_offset", 400},
      {"scheduler serial", 400},
      {"several inputs", 600},
      {"slots 1", 300},
      {"slots 2", 300},
      {"slots 3", 300},
      {"static shape", 600},
  };
  for (const auto& [feature, count] : least)
    EXPECT_GE(graphs_with[feature], count) << "graphs with feature '" << feature << "'";
}

TEST(RandomGraph, CollectivesAreOfEveryKindAndBothWays) {
  std::map<std::string, int> graphs_with;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const RandomGraph random = random_graph(seed, {.collectives = true});
    for (const auto& [feature, count] : random.features) ++graphs_with[feature];
    if (random.graph.collectives.size() > 1) ++graphs_with["several collectives"];
  }
  for (const char* feature : {"op collective.all_reduce", "op collective.all_gather", "op collective.reduce_scatter",
                              "op collective.broadcast", "collective by shm", "collective by rendezvous",
                              "collective of dynamic values", "collective of an asynchronous device", "collective of 1",
                              "collective of 2", "collective of 4", "several collectives"})
    EXPECT_GE(graphs_with[feature], 50) << "graphs with feature '" << feature << "'";
}

}  // namespace
}  // namespace stretto::testing
