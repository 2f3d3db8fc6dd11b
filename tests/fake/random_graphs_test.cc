// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Random graphs on fake GPUs, against the reference: drawn for the test device and its rendezvous transport, run on
/// cuda and nccl. Results must be right, and the vector clocks must find no access that nothing orders, although they
/// take nothing for an order but what the runtime means as one.

#include "judge.h"
#include "leftovers.h"
#include "violations.h"
#include "watch.h"

namespace stretto::testing {
namespace {

constexpr uint64_t kGraphs = 200, kBlock = 20;

constexpr const char* kRendezvous = "rendezvous";

/// Whether a node and all that read it on other actors are on GPUs, as nccl needs.
bool among_gpus(const Graph& graph, uint32_t number) {
  if (graph.actors[graph.nodes[number].actor].device != "cuda") return false;
  return std::all_of(graph.nodes.begin(), graph.nodes.end(), [&](const NodeSpec& reader) {
    const bool reads = std::any_of(reader.inputs.begin(), reader.inputs.end(), [&](const PortBinding& port) {
      return std::any_of(port.values.begin(), port.values.end(), [&](const ValueRef& value) {
        return value.from == ValueRef::From::node && value.index == number;
      });
    });
    return !reads || graph.actors[reader.actor].device == "cuda";
  });
}

void put_on_gpus(RandomGraph& random) {
  for (auto& actor : random.graph.actors)
    if (actor.device == "async_device") actor.device = "cuda";
  if (random.options.transport == kRendezvous) random.options.transport = "auto";  // nccl where it can
  for (uint32_t i = 0; i < random.graph.nodes.size(); ++i) {
    auto& transport = random.graph.nodes[i].channel.transport;
    if (transport && *transport == kRendezvous) transport = among_gpus(random.graph, i) ? "nccl" : "shm";
  }
  for (auto& collective : random.graph.collectives)
    if (collective.transport && *collective.transport == kRendezvous) collective.transport = "auto";
  std::erase_if(random.options.components, [](const ComponentOptions& component) {
    return component.name == "async_device" || component.name == kRendezvous;
  });
}

class OnFakeGpus : public ::testing::TestWithParam<uint64_t> {
 protected:
  static void SetUpTestSuite() {
    static const bool once = (watch(catalogue()), true);
    ASSERT_TRUE(once);
  }
};

TEST_P(OnFakeGpus, AgreeWithTheReference) {
  for (uint64_t seed = GetParam() * kBlock; seed < (GetParam() + 1) * kBlock; ++seed) {
    if (surroundings().seed && *surroundings().seed != seed) continue;
    RandomGraph random = random_graph(seed, {.collectives = seed % 2 == 1});
    put_on_gpus(random);
    ASSERT_TRUE(agrees(random.graph, random.options, random.feeds, seed)) << "replay with --seed=" << seed << "\n"
                                                                          << to_text(random);
    ASSERT_EQ(violation(), "") << "replay with --seed=" << seed << "\n" << to_text(random);
    forgive();  // what is known of one graph says nothing of the next
  }
}
INSTANTIATE_TEST_SUITE_P(RandomGraphs, OnFakeGpus, ::testing::Range(uint64_t{0}, kGraphs / kBlock));

}  // namespace
}  // namespace stretto::testing
