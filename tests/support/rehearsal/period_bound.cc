// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/period_bound.h"

#include <algorithm>

namespace stretto::testing {

namespace {

bool has_gaining_circuit(const Plan& plan, double period) {
  std::vector<double> start(plan.steps.size(), 0);
  for (size_t pass = 0; pass <= plan.steps.size(); ++pass) {
    bool changed = false;
    for (uint32_t to = 0; to < plan.steps.size(); ++to)
      for (const auto& wait : plan.steps[to].waits) {
        const double least = start[wait.from] + plan.steps[wait.from].seconds - wait.tokens * period;
        if (start[to] >= least - 1e-9) continue;
        start[to] = least;
        changed = true;
      }
    if (!changed) return false;
  }
  return true;
}

}  // namespace

double period_bound(const Plan& apart) {
  std::vector<double> work(apart.resources.size(), 0);
  double all = 0;
  for (const auto& step : apart.steps) {
    all += step.seconds;
    if (step.resource < 0) continue;
    const auto resource = static_cast<size_t>(step.resource);
    work[resource] += step.seconds / apart.resources[resource].capacity;
  }
  double low = work.empty() ? 0 : *std::max_element(work.begin(), work.end());
  if (!has_gaining_circuit(apart, low)) return low;
  constexpr int kHalvings = 40;
  double high = all;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (has_gaining_circuit(apart, middle) ? low : high) = middle;
  }
  return low;
}

}  // namespace stretto::testing
