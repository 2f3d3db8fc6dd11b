// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "explore.h"

#include <algorithm>
#include <unordered_set>

namespace stretto::testing {

Verdict explore(const Plan& plan, int8_t executions, Blanks blanks, uint64_t most_states, Orders orders) {
  using Outcome = Verdict::Outcome;
  const Machine machine(plan, executions, blanks, orders);
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

namespace {

/// The driver's slots are as many as its window.
void widen(Plan& plan, uint32_t window) {
  plan.inflight = window;
  const auto with_views = [&](uint32_t number) {
    for (uint32_t ring = 0; ring < plan.rings.size(); ++ring)
      if (ring == number || plan.rings[ring].alias == static_cast<int32_t>(number))
        plan.rings[ring].slots = std::max(plan.rings[ring].slots, window);
  };
  for (const auto& channel : plan.channels) {
    bool driver = channel.writer == plan.driver();
    for (const auto& reader : channel.readers) {
      driver = driver || reader.actor == plan.driver();
      if (reader.actor == plan.driver()) with_views(reader.ring);
    }
    if (driver) with_views(channel.ring);
  }
}

}  // namespace

std::string standstill(Plan plan, int8_t executions) {
  widen(plan, static_cast<uint32_t>(executions));
  const Machine machine(plan, executions, Blanks::when_needed);
  State state = machine.start();
  while (machine.submit(state)) {
  }
  for (;;) {
    // What goes wrong ends a turn of it early; two messages that don't match stay where they are.
    for (State before; before != state;) {
      before = state;
      machine.settle(state);
    }
    std::string wrong;
    auto next = machine.moves(state, wrong);
    if (next.empty()) return machine.done(state) ? "" : machine.describe(state);
    state = std::move(next.front());
  }
}

}  // namespace stretto::testing
