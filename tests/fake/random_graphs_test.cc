// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Random graphs on fake GPUs, against the reference: drawn for the test device and its rendezvous transport, run on
/// cuda, nccl and ucx, a GPU for each actor; or on one or two GPUs for all, over shm, which hands slots over in their
/// memory. Results must be right, and the vector clocks must find no access that nothing orders.

#include "judge.h"
#include "leftovers.h"
#include "violations.h"

#include <algorithm>
#include <filesystem>

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

/// What carries values that do not stay among GPUs: in every other graph ucx, which stages them, where it is built.
std::string for_mixed_edges(uint64_t seed) {
  const char* folder = std::getenv("STRETTO_PLUGINS");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  const bool ucx = folder != nullptr && std::filesystem::exists(std::filesystem::path(folder) / "ucx.so");
  return ucx && seed % 4 < 2 ? "ucx" : "shm";
}

void put_on_gpus(RandomGraph& random) {
  for (auto& actor : random.graph.actors)
    if (actor.device == "async_device") actor.device = "cuda";
  if (random.options.transport == kRendezvous) random.options.transport = "auto";  // nccl where it can
  if (random.options.transport == "shm") random.options.transport = for_mixed_edges(random.seed);
  for (uint32_t i = 0; i < random.graph.nodes.size(); ++i) {
    auto& transport = random.graph.nodes[i].channel.transport;
    if (transport && *transport == kRendezvous)
      transport = among_gpus(random.graph, i) ? "nccl" : for_mixed_edges(random.seed);
  }
  for (auto& collective : random.graph.collectives)
    if (collective.transport && *collective.transport == kRendezvous) collective.transport = "auto";
  std::erase_if(random.options.components, [](const ComponentOptions& component) {
    return component.name == "async_device" || component.name == kRendezvous;
  });
}

/// Over shm alone: nccl refuses actors that share a GPU.
void put_on_shared_gpus(RandomGraph& random) {
  put_on_gpus(random);
  for (uint32_t i = 0; i < random.graph.actors.size(); ++i)
    if (random.graph.actors[i].device == "cuda")
      random.graph.actors[i].device_index = random.seed % 2 == 0 ? static_cast<int32_t>(i % 2) : 0;
  random.options.transport = "shm";
  for (auto& node : random.graph.nodes)
    if (node.channel.transport) node.channel.transport = "shm";
  for (auto& collective : random.graph.collectives)
    if (collective.transport) collective.transport = "shm";
  random.options.processes = random.seed % 10 == 3;
}

class OnFakeGpus : public ::testing::TestWithParam<uint64_t> {
 protected:
  /// Of all graphs that ran on shared GPUs, unless one alone was asked for.
  static void TearDownTestSuite() {
    if (tried_ >= 50) {
      EXPECT_GT(handed_over_, tried_ / 2) << "too few values went between actors on one GPU";
    }
  }
  static inline size_t tried_ = 0;
  static inline size_t handed_over_ = 0;
};

TEST_P(OnFakeGpus, AgreeWithTheReference) {
  for (uint64_t seed = GetParam() * kBlock; seed < (GetParam() + 1) * kBlock; ++seed) {
    if (surroundings().seed && *surroundings().seed != seed) continue;
    RandomGraph random = random_graph(seed, {.collectives = seed % 2 == 1});
    put_on_gpus(random);
    ASSERT_TRUE(agrees(random.graph, random.options, random.feeds, seed)) << "replay with --seed=" << seed << "\n"
                                                                          << to_text(random);
    ASSERT_EQ(violation(), "") << "replay with --seed=" << seed << "\n" << to_text(random);
  }
}
/// A third of the seeds: what runs in place is the same for all of them.
constexpr uint64_t kStride = 3;

TEST_P(OnFakeGpus, ThatActorsShareAgreeWithTheReference) {
  for (uint64_t seed = GetParam() * kBlock; seed < (GetParam() + 1) * kBlock; seed += kStride) {
    if (surroundings().seed && *surroundings().seed != seed) continue;
    RandomGraph random = random_graph(seed, {.collectives = seed % 2 == 1});
    put_on_shared_gpus(random);
    const Plan plan = compile(random.graph, random.options, catalogue());
    handed_over_ += static_cast<size_t>(std::ranges::count_if(plan.channels, &Channel::device_slots));
    ++tried_;
    ASSERT_TRUE(agrees(random.graph, random.options, random.feeds, seed)) << "replay with --seed=" << seed << "\n"
                                                                          << to_text(random);
    ASSERT_EQ(violation(), "") << "replay with --seed=" << seed << "\n" << to_text(random);
  }
}
INSTANTIATE_TEST_SUITE_P(RandomGraphs, OnFakeGpus, ::testing::Range(uint64_t{0}, kGraphs / kBlock));

}  // namespace
}  // namespace stretto::testing
