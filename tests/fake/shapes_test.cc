// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The shapes of graphs that tests/schedulers compiles, run on fake GPUs: with the results of the reference, and no
/// access that nothing orders.

#include "cases.h"
#include "gpus.h"
#include "scene.h"
#include "violations.h"
#include "watch.h"

#include <string_view>

namespace stretto::testing {
namespace {

/// Nodes take next to no time. All actors are on GPUs, each on one of its own, but for those that make a value of
/// dynamic shape from nothing, which only a host can.
Graph for_gpus(Graph graph) {
  std::vector<bool> on_host(graph.actors.size());
  for (auto& node : graph.nodes) {
    if (node.args.contains("max_bytes")) on_host[node.actor] = true;
    const auto seconds = node.args.find("seconds");
    if (seconds != node.args.end()) seconds->second.value = 1e-5;
  }
  for (size_t i = 0; i < graph.actors.size(); ++i) {
    graph.actors[i].device = on_host[i] ? "cpu" : "async_device";
    graph.actors[i].device_index = on_host[i] ? 0 : static_cast<int>(i);
  }
  put_on_gpus(graph);
  return graph;
}

using Way = std::tuple<size_t, const char*, bool>;  // case, scheduler, names reversed

class OnFakeGpus : public ::testing::TestWithParam<Way> {
 protected:
  static void SetUpTestSuite() {
    static const bool once = (watch(catalogue()), true);
    ASSERT_TRUE(once);
  }
};

TEST_P(OnFakeGpus, AgreesWithTheReference) {
  const auto& [number, scheduler, reversed] = GetParam();
  Sketch sketch(reversed);
  cases()[number].draw(sketch);
  const Graph graph = for_gpus(sketch.take());
  CompileOptions options;
  options.scheduler = scheduler;
  options.inflight = reversed ? 1 : 5;
  options.driver_transport = "shm";
  options.transport = "auto";
  EXPECT_TRUE(agrees(graph, options, small_numbers(graph, 6)));
  EXPECT_EQ(violation(), "");
  forgive();
}

std::string name_of(const ::testing::TestParamInfo<Way>& info) {
  const auto& [number, scheduler, reversed] = info.param;
  return std::string(cases()[number].name) + "_" + scheduler + (reversed ? "_reversed" : "");
}

/// All but the one whose slots are too many: the fake maps each by itself, and a process has 65,530 mappings at most.
std::vector<size_t> shapes() {
  std::vector<size_t> all;
  for (size_t i = 0; i < cases().size(); ++i)
    if (cases()[i].name != std::string_view("AChainOfTenThousand")) all.push_back(i);
  return all;
}

INSTANTIATE_TEST_SUITE_P(Shapes, OnFakeGpus,
                         ::testing::Combine(::testing::ValuesIn(shapes()), ::testing::Values("serial", "overlap"),
                                            ::testing::Bool()),
                         name_of);

}  // namespace
}  // namespace stretto::testing
