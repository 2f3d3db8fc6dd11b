// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/verify/happens_before.h"

#include <algorithm>
#include <deque>

namespace stretto::compiling {

bool HappensBefore::before(uint32_t u, uint32_t v, int32_t tokens) {
  if (tokens >= static_cast<int32_t>(plan_.inflight)) return true;
  return at_once(u, v, tokens) || by_search(u, v, tokens);
}

/// Exact in rounds: the lane has passed u's place in that round, blank or not.
bool HappensBefore::at_once(uint32_t u, uint32_t v, int32_t tokens) const {
  const auto& from = plan_.steps[u];
  const auto& to = plan_.steps[v];
  if (from.lane < 0 || to.lane < 0) return false;
  const int32_t rounds = tokens + to.offset - from.offset;
  if (from.lane == to.lane) return rounds > 0 || (rounds == 0 && from.position < to.position);
  return std::any_of(to.waits.begin(), to.waits.end(), [&](const Wait& wait) {
    if (wait.by != Wait::By::lane || plan_.steps[wait.from].lane != from.lane) return false;
    return wait.rounds < rounds || (wait.rounds == rounds && plan_.steps[wait.from].position >= from.position);
  });
}

void HappensBefore::index_links() {
  indexed_ = true;
  releasing_.resize(plan_.channels.size());
  for (uint32_t number = 0; number < plan_.steps.size(); ++number) {
    const auto& step = plan_.steps[number];
    for (const uint32_t channel : step.releases) releasing_[channel].push_back(number);
    if (step.group >= 0) group_[step.group].push_back(number);
  }
}

bool HappensBefore::by_search(uint32_t u, uint32_t v, int32_t tokens) {
  if (!indexed_) index_links();
  std::unordered_map<uint32_t, int32_t> best;  // by step: the most tokens it was reached with
  std::deque<std::pair<uint32_t, int32_t>> open;
  bool found = false;
  const auto reach = [&](uint32_t step, int32_t left) {
    if (left < 0 || plan_.steps[step].lane < 0) return;
    found = found || step == u;
    const auto [known, fresh] = best.try_emplace(step, left);
    if (!fresh && known->second >= left) return;
    known->second = left;
    open.emplace_back(step, left);
  };
  // Everything on a lane that is over once its step at `position` is, `rounds` rounds before `to`.
  const auto reach_lane = [&](const Step& to, int32_t lane, int64_t position, int32_t rounds, int32_t left) {
    for (const uint32_t number : plan_.lanes[static_cast<uint32_t>(lane)].steps) {
      const auto& from = plan_.steps[number];
      const int32_t back = rounds + (from.position <= position ? 0 : 1) - to.offset + from.offset;
      reach(number, left - std::max(back, 0));
    }
  };
  open.emplace_back(v, tokens);
  best[v] = tokens;
  while (!open.empty() && !found) {
    const auto [number, left] = open.front();
    open.pop_front();
    if (best[number] > left) continue;
    const auto& step = plan_.steps[number];
    if (left >= static_cast<int32_t>(plan_.inflight) || (number != v && at_once(u, number, left))) return true;
    reach_lane(step, step.lane, static_cast<int64_t>(step.position) - 1, 0, left);
    for (const auto& wait : step.waits) {
      if (wait.by != Wait::By::lane) continue;
      const auto& from = plan_.steps[wait.from];
      reach_lane(step, from.lane, from.position, wait.rounds, left);
    }
    for (const uint32_t channel : step.acquires)
      for (const uint32_t from : releasing_[channel])
        reach(from, left - static_cast<int32_t>(plan_.rings[plan_.channels[channel].ring].slots));
    if (step.group >= 0)
      for (const uint32_t partner : group_[step.group]) reach(partner, left);
    if (step.channel < 0) continue;
    const auto& channel = plan_.channels[static_cast<uint32_t>(step.channel)];
    if (step.kind == StepKind::receive) reach(channel.send_step, left);
    if (step.kind == StepKind::send && channel.rendezvous)
      for (const auto& reader : channel.readers) reach(reader.receive_step, left);
  }
  return found;
}

bool HappensBefore::take_turns(uint32_t a, uint32_t b) {
  // One goes first in each execution, and the other has ended before the first one's next run.
  return (before(a, b, 0) && before(b, a, 1)) || (before(b, a, 0) && before(a, b, 1));
}

}  // namespace stretto::compiling
