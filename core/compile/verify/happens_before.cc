// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/verify/happens_before.h"

#include "compile/joint.h"

#include <algorithm>
#include <deque>
#include <span>
#include <unordered_map>

namespace stretto::compiling {

/// Walks backwards from a step: what must have come to pass before it, and how many executions may still be looked
/// back from there.
class Search {
 public:
  Search(const HappensBefore& links, uint32_t u) : links_(links), plan_(links.plan_), u_(u) {}

  bool finds(uint32_t v, int32_t tokens) {
    reach(v, Past::begun, tokens);
    // It touches slots once it has met its counterpart.
    reach_counterparts(plan_.steps[v], tokens);
    while (!open_.empty() && !found_) {
      const auto [number, past, left] = open_.front();
      open_.pop_front();
      if (best_[key(number, past)] == left) expand(number, past, left);
    }
    return found_;
  }

 private:
  enum class Past : uint8_t { ended, begun, issued };

  static uint64_t key(uint32_t number, Past past) { return uint64_t{number} << 2 | static_cast<uint64_t>(past); }

  void reach(uint32_t number, Past past, int32_t left) {
    if (left < 0 || plan_.steps[number].lane < 0) return;
    found_ = found_ || (number == u_ && past == Past::ended) || left >= static_cast<int32_t>(plan_.inflight);
    const auto [known, fresh] = best_.try_emplace(key(number, past), left);
    if (!fresh && known->second >= left) return;
    known->second = left;
    open_.push_back({number, past, left});
  }

  /// Everything on a lane that is over once its step at `position` is, `rounds` rounds before `to`.
  void reach_lane(const Step& to, int32_t lane, int64_t position, int32_t rounds, int32_t left) {
    for (const uint32_t number : plan_.lanes[static_cast<uint32_t>(lane)].steps) {
      const auto& from = plan_.steps[number];
      const int32_t back = rounds + (from.position <= position ? 0 : 1) - to.offset + from.offset;
      reach(number, Past::ended, left - std::max(back, 0));
    }
  }

  /// The counterpart in a rendezvous has begun; with it in no group, it is over as well.
  void reach_counterparts(const Step& step, int32_t left) {
    if (step.channel < 0) return;
    const auto& channel = plan_.channels[static_cast<uint32_t>(step.channel)];
    const auto meet = [&](uint32_t other) {
      reach(other, !channel.rendezvous || plan_.steps[other].group < 0 ? Past::ended : Past::begun, left);
      for (const uint32_t partner : group_of(plan_, other))
        if (awaits_size(plan_, partner)) reach_size(partner, left);
    };
    if (step.kind == StepKind::receive) meet(channel.send_step);
    if (step.kind == StepKind::send && channel.rendezvous)
      for (const auto& reader : channel.readers) meet(reader.receive_step);
  }

  /// The SEND of this RECEIVE has told how large the value is.
  void reach_size(uint32_t receive, int32_t left) {
    const auto& channel = plan_.channels[static_cast<uint32_t>(plan_.steps[receive].channel)];
    reach(channel.send_step, plan_.actors[channel.writer].blocking ? Past::begun : Past::issued, left);
  }

  /// A group has ended once the counterparts of all its steps have.
  void end_groups_met(const Step& step) {
    const auto& channel = plan_.channels[static_cast<uint32_t>(step.channel)];
    const uint32_t other = step.kind == StepKind::send ? channel.readers[0].receive_step : channel.send_step;
    int32_t least = INT32_MAX;
    for (const uint32_t member : group_of(plan_, other)) {
      const auto& met = plan_.channels[static_cast<uint32_t>(plan_.steps[member].channel)];
      if (!met.rendezvous) return;
      const uint32_t counterpart = met.send_step == member ? met.readers[0].receive_step : met.send_step;
      const auto known = best_.find(key(counterpart, Past::ended));
      if (known == best_.end()) return;
      least = std::min(least, known->second);
    }
    if (least != INT32_MAX) reach(other, Past::ended, least);
  }

  void expand(uint32_t number, Past past, int32_t left) {
    const auto& step = plan_.steps[number];
    if (past == Past::issued) return expand_issued(number, left);
    if (past == Past::begun) return expand_begun(number, left);
    reach(number, Past::begun, left);
    reach_counterparts(step, left);
    if (step.joint >= 0 && step.channel >= 0) end_groups_met(step);
    for (const uint32_t partner : group_of(plan_, number)) reach(partner, Past::ended, left);
  }

  void expand_begun(uint32_t number, int32_t left) {
    const auto& step = plan_.steps[number];
    found_ = found_ || links_.at_once(u_, number, left);
    reach(number, Past::issued, left);
    int64_t first = step.position;
    for (const uint32_t partner : group_of(plan_, number)) {
      reach(partner, Past::begun, left);
      first = std::min<int64_t>(first, plan_.steps[partner].position);
    }
    reach_lane(step, step.lane, first - 1, 0, left);
    for (const auto& wait : step.waits)
      if (wait.by == Wait::By::lane)
        reach_lane(step, plan_.steps[wait.from].lane, plan_.steps[wait.from].position, wait.rounds, left);
    for (const uint32_t channel : step.acquires)
      for (const uint32_t from : links_.releasing_[channel])
        reach(from, Past::ended, left - static_cast<int32_t>(plan_.rings[plan_.channels[channel].ring].slots));
  }

  /// The issuing thread has awaited the headers of this step, and of all that it has issued before.
  void expand_issued(uint32_t number, int32_t left) {
    const auto& step = plan_.steps[number];
    if (plan_.actors[step.actor].blocking) return;
    for (const uint32_t earlier : plan_.issue_orders[step.actor]) {
      const auto& issued = plan_.steps[earlier];
      const bool same_round = links_.issue_position_[earlier] <= links_.issue_position_[number];
      const int32_t back = (same_round ? 0 : 1) - step.offset + issued.offset;
      for (const uint32_t receive : issued.header_waits) reach_header(receive, issued, left - std::max(back, 0));
    }
  }

  void reach_header(uint32_t receive, const Step& by, int32_t left) {
    if (plan_.steps[receive].channel < 0) return;
    const auto& channel = plan_.channels[static_cast<uint32_t>(plan_.steps[receive].channel)];
    if (!channel.stream_ordered) return reach(receive, Past::ended, left);
    // A blocking writer posts all it knows as it begins; another one the shape as it issues, the status at the end.
    const bool status = by.node >= 0 && plan_.nodes[static_cast<uint32_t>(by.node)].stateful;
    const auto past = plan_.actors[channel.writer].blocking ? Past::begun : status ? Past::ended : Past::issued;
    reach(channel.send_step, past, left);
  }

  struct Open {
    uint32_t number;
    Past past;
    int32_t left;
  };

  const HappensBefore& links_;
  const Plan& plan_;
  const uint32_t u_;
  bool found_ = false;
  std::unordered_map<uint64_t, int32_t> best_;  // by step and what is past of it: the most that was left
  std::deque<Open> open_;
};

bool HappensBefore::before(uint32_t u, uint32_t v, int32_t tokens) {
  if (tokens >= static_cast<int32_t>(plan_.inflight)) return true;
  if (at_once(u, v, tokens)) return true;
  if (!indexed_) index_links();
  return Search(*this, u).finds(v, tokens);
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
  }
  issue_position_.resize(plan_.steps.size(), 0);
  for (const auto& order : plan_.issue_orders)
    for (uint32_t i = 0; i < order.size(); ++i) issue_position_[order[i]] = i;
}

bool HappensBefore::take_turns(uint32_t a, uint32_t b) {
  // One goes first in each execution, and the other has ended before the first one's next run.
  return (before(a, b, 0) && before(b, a, 1)) || (before(b, a, 0) && before(a, b, 1));
}

}  // namespace stretto::compiling
