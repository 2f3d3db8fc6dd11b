// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Random graphs for real, against the reference. One seed replays alone: --seed=N.

#include "judge.h"
#include "leftovers.h"
#include "sanitized.h"

namespace stretto::testing {
namespace {

constexpr uint64_t kProcessGraphs = 50, kThreadGraphs = kSanitized ? 250 : 2000, kBlock = 25;

/// The graphs are the schedulers' and the core's test first: over another transport than shm a tenth will do.
uint64_t thread_graphs() { return surroundings().transport == "shm" ? kThreadGraphs : kThreadGraphs / 10; }

void try_graph(uint64_t seed, const Territory& territory) {
  const RandomGraph random = random_graph(seed, territory);
  EXPECT_TRUE(agrees(random.graph, random.options, random.feeds, seed)) << "replay with --seed=" << seed << "\n"
                                                                        << to_text(random);
}

/// One block of seeds, or the one seed that is to be replayed if it lies within.
class Block : public ::testing::TestWithParam<uint64_t> {
 protected:
  static void run(const Territory& territory) {
    for (uint64_t seed = GetParam() * kBlock; seed < (GetParam() + 1) * kBlock; ++seed) {
      if (surroundings().seed && *surroundings().seed != seed) continue;
      try_graph(seed, territory);
      if (HasFailure()) return;  // the first replays; the others would only bury it
    }
  }
};

class AsThreads : public Block {};
TEST_P(AsThreads, AgreeWithTheReference) {
  const Leftovers leftovers;
  run({.buffered = surroundings().transport});
  EXPECT_TRUE(leftovers.nothing_more());
}
INSTANTIATE_TEST_SUITE_P(RandomGraphs, AsThreads, ::testing::Range(uint64_t{0}, thread_graphs() / kBlock));

class CollectivesAsThreads : public Block {};
TEST_P(CollectivesAsThreads, AgreeWithTheReference) {
  const Leftovers leftovers;
  run({.buffered = surroundings().transport, .collectives = true});
  EXPECT_TRUE(leftovers.nothing_more());
}
INSTANTIATE_TEST_SUITE_P(RandomGraphs, CollectivesAsThreads,
                         ::testing::Range(uint64_t{0}, thread_graphs() / 4 / kBlock));

/// The same graphs, with what an actor sends and receives at one time in groups.
class GroupsAsThreads : public ::testing::TestWithParam<uint64_t> {};
TEST_P(GroupsAsThreads, AgreeWithTheReference) {
  const Leftovers leftovers;
  for (uint64_t seed = GetParam() * kBlock; seed < (GetParam() + 1) * kBlock; ++seed) {
    if (surroundings().seed && *surroundings().seed != seed) continue;
    RandomGraph random = random_graph(seed, {.buffered = surroundings().transport, .collectives = seed % 4 == 0});
    group(random);
    ASSERT_TRUE(agrees(random.graph, random.options, random.feeds, seed)) << "replay with --seed=" << seed << "\n"
                                                                          << to_text(random);
  }
  EXPECT_TRUE(leftovers.nothing_more());
}
INSTANTIATE_TEST_SUITE_P(RandomGraphs, GroupsAsThreads, ::testing::Range(uint64_t{0}, thread_graphs() / 4 / kBlock));

class CollectivesAsProcesses : public Block {};
TEST_P(CollectivesAsProcesses, AgreeWithTheReference) {
  const Leftovers leftovers;
  run({.most_actors = 4,
       .most_nodes = 8,
       .test_plugins = false,
       .processes = true,
       .buffered = surroundings().transport,
       .collectives = true});
  EXPECT_TRUE(leftovers.nothing_more());
}
INSTANTIATE_TEST_SUITE_P(RandomGraphs, CollectivesAsProcesses, ::testing::Range(uint64_t{0}, kProcessGraphs / kBlock));

class AsProcesses : public Block {};
TEST_P(AsProcesses, AgreeWithTheReference) {
  const Leftovers leftovers;
  run({.most_actors = 4,
       .most_nodes = 8,
       .test_plugins = false,
       .processes = true,
       .buffered = surroundings().transport});
  EXPECT_TRUE(leftovers.nothing_more());
}
INSTANTIATE_TEST_SUITE_P(RandomGraphs, AsProcesses, ::testing::Range(uint64_t{0}, kProcessGraphs / kBlock));

}  // namespace
}  // namespace stretto::testing
