// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "explore.h"

#include "machine.h"

#include <unordered_set>

namespace stretto::testing {

Verdict explore(const Plan& plan, int8_t executions, uint64_t most_states) {
  using Outcome = Verdict::Outcome;
  const Machine machine(plan, executions);
  std::unordered_set<State, StateHash> seen;
  std::vector<State> open;
  Verdict verdict;
  const auto meet = [&](State state) {
    const auto wrong = machine.settle(state);
    if (!wrong.empty()) verdict = {Outcome::race, wrong, 0};
    if (seen.insert(state).second) open.push_back(std::move(state));
  };
  meet(machine.start());
  while (!open.empty() && verdict.outcome == Outcome::fine) {
    const State state = std::move(open.back());
    open.pop_back();
    std::string wrong;
    auto next = machine.moves(state, wrong);
    if (!wrong.empty())
      verdict = {Outcome::race, wrong, 0};
    else if (next.empty() && !machine.done(state))
      verdict = {Outcome::stuck, machine.describe(state), 0};
    else if (seen.size() > most_states)
      verdict = {Outcome::too_large, "", 0};
    else
      for (auto& each : next) meet(std::move(each));
  }
  verdict.states = seen.size();
  return verdict;
}

}  // namespace stretto::testing
