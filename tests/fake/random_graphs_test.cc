// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Random graphs on fake GPUs, against the reference: drawn for the test device and its rendezvous transport, run on
/// cuda and nccl. Results must be right, and the vector clocks must find no access that nothing orders, although they
/// take nothing for an order but what the runtime means as one.

#include "gpus.h"
#include "judge.h"
#include "leftovers.h"
#include "sanitized.h"
#include "violations.h"
#include "watch.h"

#include <algorithm>
#include <cstring>

namespace stretto::testing {
namespace {

constexpr uint64_t kGraphs = kSanitized ? 40 : 200, kBlock = 20;

void put_all_on_gpus(RandomGraph& random) {
  put_on_gpus(random.graph);
  if (random.options.transport == "rendezvous") random.options.transport = "auto";  // nccl where it can
  std::erase_if(random.options.components, [](const ComponentOptions& component) {
    return component.name == "async_device" || component.name == "rendezvous";
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
    put_all_on_gpus(random);
    ASSERT_TRUE(agrees(random.graph, random.options, random.feeds, seed)) << "replay with --seed=" << seed << "\n"
                                                                          << to_text(random);
    ASSERT_EQ(violation(), "") << "replay with --seed=" << seed << "\n" << to_text(random);
    forgive();  // what is known of one graph says nothing of the next
  }
}
INSTANTIATE_TEST_SUITE_P(RandomGraphs, OnFakeGpus, ::testing::Range(uint64_t{0}, kGraphs / kBlock));

/// The same, with all captured that can be; nothing where no actor is on a GPU.
std::optional<RandomGraph> captured(uint64_t seed) {
  RandomGraph random = random_graph(seed, {.collectives = seed % 2 == 1});
  put_all_on_gpus(random);
  const auto on_gpu = [](const ActorSpec& actor) { return actor.device == "cuda"; };
  if (std::none_of(random.graph.actors.begin(), random.graph.actors.end(), on_gpu)) return std::nullopt;
  Arguments device;
  device["capture"].value = std::string("on");
  random.options.components.push_back({"device", "cuda", device, {}});
  const auto known = std::ranges::find(random.options.components, "nccl", &ComponentOptions::name);
  auto& nccl = known != random.options.components.end()
                   ? *known
                   : random.options.components.emplace_back(ComponentOptions{"transport", "nccl", {}, {}});
  nccl.options["capture"].value = seed % 3 != 0;
  return random;
}

class CapturedOnFakeGpus : public ::testing::TestWithParam<uint64_t> {};

TEST_P(CapturedOnFakeGpus, AgreeWithTheReference) {
  for (uint64_t seed = GetParam() * kBlock; seed < (GetParam() + 1) * kBlock; ++seed) {
    if (surroundings().seed && *surroundings().seed != seed) continue;
    const auto random = captured(seed);
    if (!random || compile(random->graph, random->options, catalogue()).captures.empty()) continue;
    ASSERT_TRUE(agrees(random->graph, random->options, random->feeds, seed)) << "replay with --seed=" << seed << "\n"
                                                                             << to_text(*random);
    ASSERT_EQ(violation(), "") << "replay with --seed=" << seed << "\n" << to_text(*random);
  }
}
INSTANTIATE_TEST_SUITE_P(RandomGraphs, CapturedOnFakeGpus, ::testing::Range(uint64_t{0}, kGraphs / kBlock));

TEST(RandomGraphsOnFakeGpus, OftenHaveCaptures) {
  int many = 0;
  for (uint64_t seed = 0; seed < 200; ++seed)
    if (const auto random = captured(seed))
      many += compile(random->graph, random->options, catalogue()).captures.empty() ? 0 : 1;
  EXPECT_GE(many, 20);
}

class GroupsOnFakeGpus : public ::testing::TestWithParam<uint64_t> {};

TEST_P(GroupsOnFakeGpus, AgreeWithTheReference) {
  for (uint64_t seed = GetParam() * kBlock; seed < (GetParam() + 1) * kBlock; ++seed) {
    if (surroundings().seed && *surroundings().seed != seed) continue;
    RandomGraph random = random_graph(seed, {.collectives = seed % 2 == 1});
    group(random);
    put_all_on_gpus(random);
    ASSERT_TRUE(agrees(random.graph, random.options, random.feeds, seed)) << "replay with --seed=" << seed << "\n"
                                                                          << to_text(random);
    ASSERT_EQ(violation(), "") << "replay with --seed=" << seed << "\n" << to_text(random);
  }
}
INSTANTIATE_TEST_SUITE_P(RandomGraphs, GroupsOnFakeGpus, ::testing::Range(uint64_t{0}, kGraphs / 2 / kBlock));

/// Three GPUs that all send to each other, over NCCL: a group on each.
Graph exchange() {
  GraphBuilder build("exchange");
  const auto x = build.input("x", {kF32, {16}, 64, false});
  std::vector<ActorHandle> actors;
  std::vector<ValueRef> made;
  ChannelOptions channel;
  channel.transport = "nccl";
  for (int i = 0; i < 3; ++i) {
    actors.push_back(build.actor("gpu" + std::to_string(i), "cuda", i));
    auto node = build.node("make" + std::to_string(i), actors.back(), "tensor.scale");
    made.push_back(node.bind("x", x).arg("factor", 2.0 + i).channel(channel).value());
  }
  for (int i = 0; i < 3; ++i)
    build.output("sum" + std::to_string(i),
                 build.node("add" + std::to_string(i), actors[static_cast<size_t>(i)], "tensor.add")
                     .bind("values", made)
                     .value());
  return build.take();
}

CompileOptions in_groups() {
  CompileOptions options;
  options.scheduler = "grouping";
  options.inflight = 3;
  return options;
}

Feeds exchange_feeds() {
  Feeds feeds;
  for (float e = 0; e < 8; ++e) {
    Tensor& made = feeds.emplace_back().emplace_back();
    made.dtype = kF32;
    made.shape = {16};
    made.bytes.resize(64);
    for (size_t i = 0; i < 16; ++i) {
      const float value = e + static_cast<float>(i);
      std::memcpy(made.bytes.data() + 4 * i, &value, sizeof value);
    }
  }
  return feeds;
}

TEST(NcclGroups, GpusThatSendToEachOther) {
  const Plan plan = compile(exchange(), in_groups(), catalogue());
  EXPECT_EQ(std::ranges::count_if(plan.steps, [](const Step& step) { return step.group >= 0; }), 12);
  EXPECT_TRUE(agrees(exchange(), in_groups(), exchange_feeds()));
  EXPECT_EQ(violation(), "");
}

TEST(NcclGroups, OverSeveralCommunicatorsAreRefused) {
  auto options = in_groups();
  Arguments arguments;
  arguments["communicators"].value = std::string("pair");
  options.components.push_back({"transport", "nccl", arguments, {}});
  const Feeds feeds = exchange_feeds();
  Runtime runtime = Runtime::open(compile(exchange(), options, catalogue()), catalogue(), run_options(false));
  const auto error = caught([&] { runtime.execute(spans(feeds[0]), soon()).get(soon()); });
  EXPECT_NE(error.text.find("several communicators"), std::string::npos) << error.text;
  EXPECT_NE(error.text.find("communicators = \"one\""), std::string::npos) << error.text;
}

}  // namespace
}  // namespace stretto::testing
