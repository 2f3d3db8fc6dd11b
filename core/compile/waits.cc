// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/waits.h"

#include "compile/rounds.h"

#include <algorithm>

namespace stretto::compiling {

namespace {

Wait::By realised_by(const Step& from, const Step& to) {
  if (from.actor != to.actor) return Wait::By::transport;
  if (from.lane < 0 || to.lane < 0) return Wait::By::ticket;
  return from.lane == to.lane ? Wait::By::order : Wait::By::lane;
}

/// Whether waiting for `a` includes waiting for `b`, both on one lane.
bool covers(const Plan& plan, const Wait& a, const Wait& b) {
  if (a.rounds != b.rounds) return a.rounds < b.rounds;
  return plan.steps[a.from].position >= plan.steps[b.from].position;
}

void add(const Plan& plan, std::vector<Wait>& waits, const Wait& wait) {
  for (auto& known : waits) {
    if (known.by != wait.by) continue;
    if (wait.by == Wait::By::lane) {
      if (plan.steps[known.from].lane != plan.steps[wait.from].lane) continue;
      if (!covers(plan, known, wait)) known = wait;
      return;
    }
    if (known.from == wait.from) {
      if (wait.tokens < known.tokens) known = wait;
      return;
    }
  }
  waits.push_back(wait);
}

}  // namespace

void derive_waits(const std::vector<Place>& places, Plan& plan) {
  for (const auto& place : places) {
    const auto& from = plan.steps[place.from];
    auto& to = plan.steps[place.to];
    const int32_t tokens =
        place.ring < 0 ? place.tokens : static_cast<int32_t>(plan.rings[static_cast<uint32_t>(place.ring)].slots);
    // The driver has no rounds of its own: its offset is 0.
    add(plan, to.waits, {realised_by(from, to), place.from, tokens, tokens + to.offset - from.offset});
  }
  for (const auto& step : plan.steps)
    for (const auto& wait : step.waits)
      if (wait.by == Wait::By::lane) plan.steps[wait.from].signals = true;
  HeaderNeeds needs(plan);
  for (uint32_t number = 0; number < plan.steps.size(); ++number) plan.steps[number].header_waits = needs.of(number);
  plan.issue_orders = make_issue_orders(plan);
}

}  // namespace stretto::compiling
