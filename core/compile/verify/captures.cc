// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/capture.h"
#include "compile/verify/verify.h"

namespace stretto::compiling {

void verify_captures(const Plan& plan) {
  if (plan.captures.empty()) return;
  const Runs runs(plan);
  std::vector<bool> captured(plan.steps.size(), false);
  for (const auto& capture : plan.captures) {
    if (capture.steps.size() < 2) inconsistent("a capture has {} steps; it has two at least", capture.steps.size());
    const auto& first = plan.steps[capture.steps.front()];
    if (first.lane < 0 || plan.actors[first.actor].blocking)
      inconsistent("'{}' is captured, and its lane's work is not enqueued", first.name);
    Captured run;
    for (const uint32_t number : capture.steps) {
      const auto& step = plan.steps[number];
      if (captured[number]) inconsistent("'{}' is captured twice", step.name);
      captured[number] = true;
      if (step.lane != first.lane || step.position != first.position + run.steps.size())
        inconsistent("'{}' and '{}' are captured as one, and do not follow each other on a lane", first.name,
                     step.name);
      const auto obstacle = run.steps.empty() ? runs.obstacle(number) : runs.obstacle_behind(run, number);
      if (!obstacle.empty()) inconsistent("'{}' can't be captured where it is: {}", step.name, obstacle);
      run.phases = runs.phases(number, run.phases);
      run.steps.push_back(number);
    }
    if (capture.phases != run.phases)
      inconsistent("the capture from '{}' on has {} phases; its slots turn in {}", first.name, capture.phases,
                   run.phases);
  }
}

}  // namespace stretto::compiling
