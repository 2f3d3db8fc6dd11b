// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// A profiler sees the steps of a cuda device by name: one range for each step of each execution.

#include "profiler.h"

#include "judge.h"
#include "scene.h"

#include <map>

namespace stretto::testing {
namespace {

constexpr int64_t kExecutions = 4;

/// A value made on one GPU, sent to another one, and fetched by the host.
Graph two_gpus() {
  GraphBuilder build;
  const auto a = build.actor("a", "cuda", 0), b = build.actor("b", "cuda", 1);
  const auto x = build.input("x", kScalar);
  const auto made = build.node("made", a, "tensor.scale").bind("x", x).arg("factor", 2.0).value();
  build.output("y", build.node("read", b, "tensor.copy").bind("x", made).value());
  return build.take();
}

TEST(Profiler, SeesEachStepOfEachExecutionByItsName) {
  const Graph graph = two_gpus();
  CompileOptions options;
  options.scheduler = "overlap";
  options.inflight = 2;
  options.transport = "auto";
  const Plan plan = compile(graph, options, catalogue());
  std::map<std::pair<std::string, int64_t>, int> expected;
  for (const auto& step : plan.steps)
    for (int64_t execution = 0; step.lane >= 0 && execution < kExecutions; ++execution)
      expected[{step.name, execution}] = 1;
  ASSERT_TRUE(agrees(graph, options, small_numbers(graph, kExecutions)));
  std::map<std::pair<std::string, int64_t>, int> seen;
  for (const auto& range : *fake::of_the_profiler<decltype(stretto_fake_ranges)>("stretto_fake_ranges")()) {
    ++seen[{range.name, range.payload}];
    EXPECT_TRUE(range.closed) << range.name;
    EXPECT_EQ(range.parent, fake::Range::kNone) << range.name << " is inside of another step";
  }
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace stretto::testing
