// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/predict/blank_rounds.h"

#include <algorithm>

namespace stretto::compiling {

namespace {

int32_t floor_divide(int32_t a, int32_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/// A lane's semaphore counts blank rounds too: what it says in turns is that the last step with an execution before the
/// awaited place has run.
Wait in_turns(const Plan& before, const Plan& after, int32_t turn, const Step& to, const Wait& wait) {
  const auto& from = before.steps[wait.from];
  const auto& lane = after.lanes[static_cast<uint32_t>(from.lane)].steps;
  const int32_t awaited = to.offset - wait.rounds;  // relative to the first round of the execution's turn
  const int32_t phase = awaited - floor_divide(awaited, turn) * turn;
  int32_t turns_back = -floor_divide(awaited, turn);
  const auto behind = std::find_if(lane.begin(), lane.end(), [&](uint32_t number) {
    const auto& step = before.steps[number];
    const int32_t its = step.offset % turn;
    return its > phase || (its == phase && step.position > from.position);
  });
  uint32_t last = 0;
  if (behind == lane.begin()) {
    last = lane.back();
    ++turns_back;
  } else {
    last = *std::prev(behind);
  }
  return {Wait::By::lane, last, 0, turns_back + to.offset / turn};
}

}  // namespace

bool looks_ahead(const Plan& plan) {
  return std::any_of(plan.steps.begin(), plan.steps.end(), [](const Step& step) {
    return step.lane >= 0 &&
           std::any_of(step.waits.begin(), step.waits.end(), [](const Wait& wait) { return wait.rounds < 0; });
  });
}

int32_t rounds_per_execution(const Plan& plan) {
  return 1 + blank_rounds(plan.max_offset(), looks_ahead(plan), int64_t{plan.inflight} - 1);
}

Plan in_turns(const Plan& plan) {
  const int32_t turn = rounds_per_execution(plan);
  Plan result = plan;
  if (turn == 1) return result;
  const auto by_phase = [&](std::vector<uint32_t>& steps) {
    std::stable_sort(steps.begin(), steps.end(),
                     [&](uint32_t a, uint32_t b) { return plan.steps[a].offset % turn < plan.steps[b].offset % turn; });
  };
  // A run over several offsets is never launched as one: there always are blank rounds between them.
  std::erase_if(result.captures, [](const Captured& run) { return run.least_offset != run.most_offset; });
  for (auto& lane : result.lanes) {
    by_phase(lane.steps);
    for (uint32_t position = 0; position < lane.steps.size(); ++position)
      result.steps[lane.steps[position]].position = position;
  }
  for (auto& order : result.issue_orders) by_phase(order);
  for (uint32_t number = 0; number < plan.steps.size(); ++number) {
    auto& step = result.steps[number];
    step.offset /= turn;
    for (auto& wait : step.waits)
      if (wait.by == Wait::By::lane) wait = in_turns(plan, result, turn, plan.steps[number], wait);
  }
  return result;
}

}  // namespace stretto::compiling
