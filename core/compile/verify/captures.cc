// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/runs.h"
#include "compile/verify/verify.h"

#include <algorithm>

namespace stretto::compiling {

namespace {

/// That a run begins and ends as one makes no circuit: verify_live sees to it.
class Captures {
 public:
  explicit Captures(const Plan& plan) : plan_(plan), runs_(plan), run_of_(plan.steps.size(), -1) {}

  void check() {
    for (uint32_t number = 0; number < plan_.captures.size(); ++number) check_run(number);
    for (const auto& capture : plan_.captures)
      for (const uint32_t step : capture.steps)
        for (const uint32_t other : runs_.counterparts(step))
          if (run_of_[other] < 0)
            inconsistent("'{}' is captured, and '{}', which it meets, is not", plan_.steps[step].name,
                         plan_.steps[other].name);
    auto expected = plan_.captures;
    share_offsets(runs_, plan_, expected);
    for (uint32_t number = 0; number < expected.size(); ++number)
      if (expected[number].least_offset != plan_.captures[number].least_offset ||
          expected[number].most_offset != plan_.captures[number].most_offset)
        inconsistent("the run from '{}' on has offsets {} to {}; with what it meets it has {} to {}",
                     first(number).name, plan_.captures[number].least_offset, plan_.captures[number].most_offset,
                     expected[number].least_offset, expected[number].most_offset);
  }

 private:
  const Step& first(uint32_t number) const { return plan_.steps[plan_.captures[number].steps.front()]; }

  void check_run(uint32_t number) {
    const auto& capture = plan_.captures[number];
    if (capture.steps.size() < 2) inconsistent("a capture has {} steps; it has two at least", capture.steps.size());
    const auto& order = plan_.issue_orders[first(number).actor];
    const auto begin = std::find(order.begin(), order.end(), capture.steps.front());
    if (static_cast<size_t>(order.end() - begin) < capture.steps.size() ||
        !std::equal(capture.steps.begin(), capture.steps.end(), begin))
      inconsistent("the steps captured from '{}' on do not follow each other in the issue order", first(number).name);
    uint32_t phases = 1;
    std::vector<std::pair<int32_t, uint32_t>> reached;  // of each lane: the last position
    for (const uint32_t each : capture.steps) {
      const auto& step = plan_.steps[each];
      if (run_of_[each] >= 0) inconsistent("'{}' is captured twice", step.name);
      run_of_[each] = static_cast<int32_t>(number);
      if (const auto why = runs_.obstacle(each); !why.empty())
        inconsistent("'{}' can't be captured: {}", step.name, why);
      const auto lane = std::ranges::find(reached, step.lane, &std::pair<int32_t, uint32_t>::first);
      if (lane == reached.end())
        reached.emplace_back(step.lane, step.position);
      else if (step.position != ++lane->second)
        inconsistent("'{}' is captured, and the step before it on its lane is not captured with it", step.name);
      phases = runs_.phases(each, phases);
    }
    if (phases != capture.phases || phases > kMostPhases)
      inconsistent("the run from '{}' on has {} phases; its slots turn in {}, of at most {}", first(number).name,
                   capture.phases, phases, kMostPhases);
  }

  const Plan& plan_;
  const Runs runs_;
  std::vector<int32_t> run_of_;  // by step
};

}  // namespace

void verify_captures(const Plan& plan) {
  if (!plan.captures.empty()) Captures(plan).check();
}

}  // namespace stretto::compiling
