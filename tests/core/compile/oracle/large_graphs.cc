// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "large_graphs.h"

#include <cstdlib>
#include <gtest/gtest.h>

namespace stretto::testing {

bool tries_all() {
  const char* mode = std::getenv("STRETTO_ORACLE");
  return mode != nullptr && std::string(mode) == "full";
}

void each_large_graph(uint64_t count, const std::function<void(const RandomGraph&)>& body) {
  Territory territory;
  territory.most_actors = 4;
  territory.most_nodes = 8;
  const char* from = std::getenv("STRETTO_ORACLE_FROM");
  for (uint64_t seed = from == nullptr ? 0 : std::strtoull(from, nullptr, 10); count > 0; ++seed) {
    const RandomGraph random = random_graph(seed, territory);
    const auto nodes = random.graph.nodes.size();
    if (nodes < 5 || nodes > 8 || random.graph.actors.size() < 3) continue;
    --count;
    body(random);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

CompileOptions without(CompileOptions options, const std::string& kind) {
  std::erase_if(options.components, [&](const ComponentOptions& each) { return each.kind == kind; });
  return options;
}

CompileOptions scheduled_by(const RandomGraph& random, const std::string& scheduler) {
  CompileOptions options = without(random.options, "scheduler");
  options.scheduler = scheduler;
  options.inflight = 1 + static_cast<uint32_t>(random.seed % 3);
  if (scheduler != "random_offset") return options;
  Arguments seed;
  seed["seed"].value = static_cast<int64_t>(random.seed % 1000000);
  options.components.push_back({"scheduler", scheduler, seed, {}});
  return options;
}

}  // namespace stretto::testing
