// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Random graphs on fake GPUs, against the reference: drawn for the test device and its rendezvous transport, run on
/// cuda and nccl. Results must be right, and the vector clocks must find no access that nothing orders, although they
/// take nothing for an order but what the runtime means as one.

#include "gpus.h"
#include "judge.h"
#include "leftovers.h"
#include "violations.h"
#include "watch.h"

namespace stretto::testing {
namespace {

constexpr uint64_t kGraphs = 200, kBlock = 20;

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

}  // namespace
}  // namespace stretto::testing
