// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Bubbles: what a pipeline of p stages takes for m microbatches beyond m times the work of one stage.

#include "rehearsal/invariants.h"
#include "rehearsal/pipeline.h"
#include "rehearsal/plugins.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace stretto::testing {
namespace {

// What SENDs and RECEIVEs take, some 10 µs each, is not what these are about.
constexpr double kTravel = 0.01;

Plan compiled(const Graph& graph, uint32_t inflight, const std::string& scheduler = "overlap") {
  CompileOptions options;
  options.scheduler = scheduler;
  options.inflight = inflight;
  return compile(graph, options, all_plugins());
}

double bubble(const Plan& plan, int64_t executions, double work) {
  const auto run = rehearse(plan, executions);
  EXPECT_EQ(broken_invariant(plan, run, executions), "");
  return run.makespan - static_cast<double>(executions) * work;
}

class ZeroBubble : public ::testing::TestWithParam<std::tuple<uint32_t, Passes>> {
 protected:
  void expect_bubble(const std::vector<uint32_t>& slots, double most) {
    const Plan plan = compiled(zero_bubble(passes_, slots), 4 * stages_);
    for (const uint32_t microbatches : {2 * stages_, 4 * stages_})
      EXPECT_LE(bubble(plan, microbatches, passes_.all()), most + kTravel) << microbatches << " microbatches";
  }

  uint32_t stages_ = std::get<0>(GetParam());
  Passes passes_ = std::get<1>(GetParam());
  double gaps_ = stages_ - 1;
};

TEST_P(ZeroBubble, WithTheMemoryOf1F1BAtEachStage) {
  std::vector<uint32_t> slots;
  for (uint32_t stage = 0; stage < stages_; ++stage) slots.push_back(stages_ - stage);
  expect_bubble(slots, gaps_ * (passes_.forward + passes_.input));
}

TEST_P(ZeroBubble, WithThePeakOf1F1BAtAllStages) {
  expect_bubble(std::vector<uint32_t>(stages_, stages_),
                gaps_ * std::max(passes_.forward, passes_.forward + passes_.input - passes_.weights));
}

TEST_P(ZeroBubble, WithTwiceThatItIsWhatFillingCosts) {
  expect_bubble(std::vector<uint32_t>(stages_, 2 * stages_ - 1), gaps_ * passes_.forward);
}

INSTANTIATE_TEST_SUITE_P(Pipelines, ZeroBubble,
                         ::testing::Combine(::testing::Values(2U, 4U, 8U),
                                            ::testing::Values(Passes{10, 10, 10}, Passes{10, 12, 8})));

void expect_published(bool any_order, const char* transport, uint32_t inflight) {
  constexpr uint32_t kStages = 4, kMicrobatches = 8;
  const Passes passes;
  const Plan plan = compiled(one_forward_one_backward(passes, kStages, kMicrobatches, any_order, transport), inflight);
  EXPECT_LE(bubble(plan, 1, kMicrobatches * passes.all()), (kStages - 1) * passes.all() + kTravel)
      << transport << ", inflight " << inflight;
}

TEST(OneForwardOneBackward, HasThePublishedBubble) {
  for (const char* transport : {"shm", "rendezvous"})
    for (const uint32_t inflight : {1U, 5U}) expect_published(false, transport, inflight);
}

TEST(OneForwardOneBackward, IsFoundWhereAnyOrderWillDo) {
  for (const uint32_t inflight : {1U, 5U}) expect_published(true, "shm", inflight);
  expect_published(true, "rendezvous", 1);
}

TEST(OneForwardOneBackward, LosesItsBubbleWhereBatchesFollow) {
  const Passes passes;
  const Plan plan = compiled(one_forward_one_backward(passes, 4, 8, false), 4);
  constexpr int64_t kBatches = 10;
  EXPECT_LE(bubble(plan, kBatches, 8 * passes.all()), 3 * passes.all() + kTravel);
}

}  // namespace
}  // namespace stretto::testing
