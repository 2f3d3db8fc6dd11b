// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compare.h"

#include "model/explore.h"
#include "plans.h"

#include <iostream>

namespace stretto::testing {

namespace {

/// Whether this is refused for what happens once rounds follow each other without blank ones.
bool forever(const std::string& refused) {
  return refused.find("the plan would deadlock") != std::string::npos ||
         refused.find("matches messages by their order") != std::string::npos;
}

}  // namespace

int8_t executions_for(const Plan& plan) {
  return static_cast<int8_t>(std::min(static_cast<int>(plan.inflight) + plan.max_offset() + 2, 6));
}

void compare(const Plan& plan, const std::string& what, Tally& tally, uint64_t most_states) {
  using Outcome = Verdict::Outcome;
  constexpr int8_t kMany = 12;
  const auto refused = refusal(plan);
  const auto verdict = explore(plan, executions_for(plan), Blanks::at_will, most_states);
  tally.states += verdict.states;
  tally.most = std::max(tally.most, verdict.states);
  switch (verdict.outcome) {
    case Outcome::too_large: ++tally.plans["too large"]; return;
    case Outcome::fine:
      if (forever(refused) && !standstill(plan, kMany).empty()) {
        ++tally.plans["stuck in a wider window alone"];
        return;
      }
      ++tally.plans["fine"];
      ASSERT_EQ(refused, "") << "refused, but nothing goes wrong: " << what;
      return;
    case Outcome::stuck:
      ++tally.plans["stuck"];
      ASSERT_NE(refused, "") << "accepted, but it comes to a standstill: " << verdict.text << "\n" << what;
      return;
    case Outcome::race:
      ++tally.plans["race"];
      ASSERT_NE(refused, "") << "accepted, but it races: " << verdict.text << "\n" << what;
  }
}

void report(const std::string& what, const Tally& tally) {
  std::cout << what << ": ";
  for (const auto& [outcome, count] : tally.plans) std::cout << count << ' ' << outcome << ", ";
  std::cout << tally.states << " states, at most " << tally.most << " of one plan\n";
}

}  // namespace stretto::testing
