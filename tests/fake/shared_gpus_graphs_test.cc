// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Random graphs on fake GPUs, against the reference, of which the clocks see less than of those of
/// random_graphs_test.cc: on one or two GPUs for all actors, over shm, which hands slots over in their memory; and with
/// a GPU for each, where ucx stages what does not stay among GPUs. All host threads count as one here. Results must be
/// right, and the vector clocks must find no access that nothing orders.

#include "gpus.h"
#include "judge.h"
#include "leftovers.h"
#include "sanitized.h"
#include "violations.h"

#include <algorithm>
#include <filesystem>

namespace stretto::testing {
namespace {

constexpr uint64_t kGraphs = kSanitized ? 60 : 200, kBlock = 20;
constexpr uint64_t kStride = 3;  // what the others would show is shown by random_graphs_test.cc

bool has_ucx() {
  const char* folder = std::getenv("STRETTO_PLUGINS");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  return folder != nullptr && std::filesystem::exists(std::filesystem::path(folder) / "ucx.so");
}

void put_all_on_gpus(RandomGraph& random) {
  put_on_gpus(random.graph);
  if (random.options.transport == "rendezvous") random.options.transport = "auto";  // nccl where it can
  std::erase_if(random.options.components, [](const ComponentOptions& component) {
    return component.name == "async_device" || component.name == "rendezvous";
  });
}

/// What shm would carry.
void put_over_ucx(RandomGraph& random) {
  put_all_on_gpus(random);
  if (random.options.transport == "shm") random.options.transport = "ucx";
  for (auto& node : random.graph.nodes)
    if (node.channel.transport && *node.channel.transport == "shm") node.channel.transport = "ucx";
}

/// Over shm alone: nccl refuses actors that share a GPU.
void put_on_shared_gpus(RandomGraph& random) {
  put_all_on_gpus(random);
  for (uint32_t i = 0; i < random.graph.actors.size(); ++i)
    if (random.graph.actors[i].device == "cuda")
      random.graph.actors[i].device_index = random.seed % 2 == 0 ? static_cast<int32_t>(i % 2) : 0;
  random.options.transport = "shm";
  for (auto& node : random.graph.nodes)
    if (node.channel.transport) node.channel.transport = "shm";
  for (auto& collective : random.graph.collectives)
    if (collective.transport) collective.transport = "shm";
  random.options.processes = random.seed / 2 % 2 == 1;
}

/// As processes, where threads would need more lanes on one GPU than it has queues.
Plan with_room(RandomGraph& random) {
  Plan plan = compile(random.graph, random.options, catalogue());
  std::map<int32_t, int> lanes;
  for (const auto& lane : plan.lanes)
    if (!plan.actors[lane.actor].blocking) ++lanes[plan.actors[lane.actor].device_index];
  if (plan.processes || std::ranges::none_of(lanes, [](const auto& of_gpu) { return of_gpu.second > 32; })) return plan;
  random.options.processes = true;
  return compile(random.graph, random.options, catalogue());
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

TEST_P(OnFakeGpus, AgreeOverUcx) {
  if (!has_ucx()) GTEST_SKIP() << "the transport ucx is not built";
  for (uint64_t seed = GetParam() * kBlock; seed < (GetParam() + 1) * kBlock; seed += kStride) {
    if (surroundings().seed && *surroundings().seed != seed) continue;
    RandomGraph random = random_graph(seed, {.collectives = seed % 2 == 1});
    put_over_ucx(random);
    ASSERT_TRUE(agrees(random.graph, random.options, random.feeds, seed)) << "replay with --seed=" << seed << "\n"
                                                                          << to_text(random);
    ASSERT_EQ(violation(), "") << "replay with --seed=" << seed << "\n" << to_text(random);
  }
}

TEST_P(OnFakeGpus, ThatActorsShareAgreeWithTheReference) {
  for (uint64_t seed = GetParam() * kBlock; seed < (GetParam() + 1) * kBlock; seed += kStride) {
    if (surroundings().seed && *surroundings().seed != seed) continue;
    RandomGraph random = random_graph(seed, {.collectives = seed % 2 == 1});
    put_on_shared_gpus(random);
    const Plan plan = with_room(random);
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
