// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "machine.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto::testing {

size_t StateHash::operator()(const State& state) const {
  uint64_t hash = 1469598103934665603ULL;
  const auto mix = [&](uint64_t value) { hash = (hash ^ value) * 1099511628211ULL; };
  for (const auto each : state.lanes) mix(each);
  for (const auto each : state.issued) mix(each);
  for (const auto each : state.rounds) mix(static_cast<uint8_t>(each));
  mix(static_cast<uint8_t>(state.submitted));
  mix(static_cast<uint8_t>(state.arrived));
  return hash;
}

Machine::Machine(const Plan& plan, int8_t executions)
    : plan_(plan),
      executions_(executions),
      releasing_(plan.channels.size()),
      readers_(plan.rings.size()),
      transfers_(plan.rings.size()),
      writer_(plan.rings.size(), -1),
      before_(plan.steps.size(), -1),
      issue_position_(plan.steps.size(), 0),
      to_driver_(plan.rings.size(), false) {
  std::vector<int32_t> computes(plan.nodes.size(), -1);
  for (uint32_t id = 0; id < plan.steps.size(); ++id) {
    const Step& step = plan.steps[id];
    max_offset_ = std::max(max_offset_, step.offset);
    for (const uint32_t channel : step.releases) releasing_[channel].push_back(id);
    for (const uint32_t ring : step.results) writer_[ring] = static_cast<int32_t>(id);
    if (step.node >= 0) computes[static_cast<size_t>(step.node)] = static_cast<int32_t>(id);
    const bool hands_over =
        step.kind == StepKind::send && plan.channels[static_cast<size_t>(step.channel)].shares_slots;
    for (const uint32_t ring : step.inputs) {
      const int32_t owner = plan.rings[ring].alias;
      if (!hands_over) readers_[owner < 0 ? ring : static_cast<uint32_t>(owner)].push_back(id);
    }
  }
  for (const Step& step : plan.steps)
    for (const Wait& wait : step.waits)
      looks_ahead_ = looks_ahead_ || (step.lane >= 0 && wait.tokens + step.offset < plan.steps[wait.from].offset);
  for (const Channel& channel : plan.channels)
    for (const auto& reader : channel.readers) {
      const bool driver = reader.actor == plan.driver();
      if (driver) {
        to_driver_[channel.ring] = true;
        output_sends_.push_back(channel.send_step);
      } else if (!channel.shares_slots && !channel.stream_ordered) {
        transfers_[channel.ring].push_back(reader.receive_step);
      }
    }
  std::vector<int32_t> last(plan.actors.size(), -1);
  for (size_t node = 0; node < plan.nodes.size(); ++node) {
    const uint32_t actor = plan.nodes[node].actor;
    if (plan.actors[actor].any_order) continue;
    before_[static_cast<size_t>(computes[node])] = last[actor];
    last[actor] = computes[node];
  }
  for (const auto& order : plan.issue_orders)
    for (uint32_t i = 0; i < order.size(); ++i) issue_position_[order[i]] = i;
}

State Machine::start() const {
  State state;
  state.lanes.resize(plan_.lanes.size(), 0);
  state.issued.resize(plan_.actors.size(), 0);
  return state;
}

int Machine::execution_in(const State& state, int64_t round) const {
  return round < 0 || round >= static_cast<int64_t>(state.rounds.size()) ? -1
                                                                         : state.rounds[static_cast<size_t>(round)];
}

int Machine::round_of(const State& state, int execution) const {
  const auto found = std::find(state.rounds.begin(), state.rounds.end(), execution);
  return static_cast<int>(found - state.rounds.begin());
}

bool Machine::completed(const State& state, uint32_t id, int execution) const {
  if (execution < 0) return true;
  if (execution >= state.submitted) return false;
  const Step& step = plan_.steps[id];
  if (step.lane < 0) return true;  // the driver sends before it publishes
  const auto& lane = plan_.lanes[static_cast<size_t>(step.lane)];
  const size_t place =
      static_cast<size_t>(round_of(state, execution) + step.offset) * lane.steps.size() + step.position;
  return state.lanes[static_cast<size_t>(step.lane)] > place;
}

bool Machine::issued(const State& state, uint32_t id, int execution) const {
  if (execution < 0) return true;
  if (execution >= state.submitted) return false;
  return is_issued_in(state, id, round_of(state, execution) + plan_.steps[id].offset);
}

bool Machine::is_issued_in(const State& state, uint32_t id, int64_t round) const {
  const Step& step = plan_.steps[id];
  if (plan_.actors[step.actor].blocking) return true;
  const size_t turn = plan_.issue_orders[step.actor].size();
  return state.issued[step.actor] > static_cast<size_t>(round) * turn + issue_position_[id];
}

/// The step that a lane comes to next, and the round; nothing where that round is not published.
std::optional<std::pair<uint32_t, int64_t>> Machine::front(const State& state, uint32_t lane) const {
  const auto& steps = plan_.lanes[lane].steps;
  const size_t round = state.lanes[lane] / steps.size();
  if (round >= state.rounds.size()) return std::nullopt;
  return std::pair(steps[state.lanes[lane] % steps.size()], static_cast<int64_t>(round));
}

bool Machine::blank(const State& state, uint32_t id, int64_t round) const {
  return execution_in(state, round - plan_.steps[id].offset) < 0;
}

bool Machine::released(const State& state, uint32_t channel, int execution) const {
  if (execution < 0) return true;
  for (const auto& reader : plan_.channels[channel].readers)
    if (reader.actor == plan_.driver() && state.arrived <= execution) return false;
  return std::all_of(releasing_[channel].begin(), releasing_[channel].end(),
                     [&](uint32_t step) { return completed(state, step, execution); });
}

/// Whether everything but its counterpart lets a step that is at the front run.
bool Machine::may_start(const State& state, uint32_t id, int64_t round) const {
  const Step& step = plan_.steps[id];
  if (!is_issued_in(state, id, round)) return false;
  const int execution = execution_in(state, round - step.offset);
  if (execution < 0) return true;
  for (const Wait& wait : step.waits) {
    if (wait.by != Wait::By::lane) continue;
    const int64_t awaited = round - wait.rounds;
    if (awaited < 0) continue;
    const Step& from = plan_.steps[wait.from];
    const auto& lane = plan_.lanes[static_cast<size_t>(from.lane)];
    if (state.lanes[static_cast<size_t>(from.lane)] <
        static_cast<size_t>(awaited) * lane.steps.size() + from.position + 1)
      return false;
  }
  for (const uint32_t channel : step.acquires)
    if (!released(state, channel, execution - static_cast<int>(plan_.rings[plan_.channels[channel].ring].slots)))
      return false;
  if (step.kind != StepKind::receive) return true;
  const Channel& channel = plan_.channels[static_cast<size_t>(step.channel)];
  return channel.rendezvous || completed(state, channel.send_step, execution);
}

bool Machine::harmless(uint32_t id) const {
  const Step& step = plan_.steps[id];
  return step.kind == StepKind::send && plan_.channels[static_cast<size_t>(step.channel)].shares_slots;
}

std::vector<uint32_t> Machine::together(const State& state, uint32_t first) const {
  std::vector<uint32_t> lanes{first};
  for (size_t i = 0; i < lanes.size(); ++i) {
    const auto at = front(state, lanes[i]);
    if (!at || !may_start(state, at->first, at->second)) return {};
    if (blank(state, at->first, at->second)) return i == 0 ? lanes : std::vector<uint32_t>{};
    // A group starts as one: all its steps are at the front with the first of them.
    const auto& steps = plan_.lanes[lanes[i]].steps;
    const int32_t group = plan_.steps[at->first].group;
    for (size_t position = plan_.steps[at->first].position; position < steps.size(); ++position) {
      const Step& step = plan_.steps[steps[position]];
      if (steps[position] != at->first && (group < 0 || step.group != group)) break;
      if (!may_start(state, steps[position], at->second)) return {};
      if (step.channel < 0 || !plan_.channels[static_cast<size_t>(step.channel)].rendezvous) continue;
      const Channel& channel = plan_.channels[static_cast<size_t>(step.channel)];
      std::vector<uint32_t> partners{channel.send_step};
      for (const auto& reader : channel.readers) partners.push_back(reader.receive_step);
      for (const uint32_t partner : partners) {
        const auto lane = static_cast<uint32_t>(plan_.steps[partner].lane);
        const auto there = front(state, lane);
        if (!there) return {};
        const Step& met = plan_.steps[there->first];
        const bool same = there->first == partner || (met.group >= 0 && met.group == plan_.steps[partner].group);
        if (!same) return {};
        if (std::find(lanes.begin(), lanes.end(), lane) == lanes.end()) lanes.push_back(lane);
      }
    }
  }
  return lanes;
}

std::string Machine::check_write(const State& state, uint32_t id, uint32_t ring, int execution) const {
  const int before = execution - static_cast<int>(plan_.rings[ring].slots);
  for (const auto* users : {&readers_[ring], &transfers_[ring]})
    for (const uint32_t reader : *users)
      if (!completed(state, reader, before))
        return fmt::format("{} overwrites for {} what {} reads for {}", plan_.steps[id].name, execution,
                           plan_.steps[reader].name, before);
  if (to_driver_[ring] && before >= 0 && state.arrived <= before)
    return fmt::format("{} overwrites for {} what the driver reads for {}", plan_.steps[id].name, execution, before);
  return "";
}

/// What goes wrong when the step runs now.
std::string Machine::check(const State& state, uint32_t id, int execution) const {
  const Step& step = plan_.steps[id];
  for (const uint32_t ring : step.inputs) {
    const auto writer = writer_[ring];
    if (writer >= 0 && !completed(state, static_cast<uint32_t>(writer), execution))
      return fmt::format("{} reads for {} what {} has not made", step.name, execution,
                         plan_.steps[static_cast<size_t>(writer)].name);
  }
  for (const uint32_t ring : step.results)
    if (plan_.rings[ring].alias < 0)
      if (auto wrong = check_write(state, id, ring, execution); !wrong.empty()) return wrong;
  if (before_[id] >= 0 && !completed(state, static_cast<uint32_t>(before_[id]), execution))
    return fmt::format("{} runs for {} before {}, which is written before it", step.name, execution,
                       plan_.steps[static_cast<size_t>(before_[id])].name);
  return "";
}

std::string Machine::advance(State& state, const std::vector<uint32_t>& lanes) const {
  const State before = state;
  std::string wrong;
  std::optional<int> joint;
  for (const uint32_t lane : lanes) {
    const auto at = front(before, lane);
    const auto& steps = plan_.lanes[lane].steps;
    const int32_t group = plan_.steps[at->first].group;
    for (size_t position = plan_.steps[at->first].position; position < steps.size(); ++position) {
      const uint32_t id = steps[position];
      if (id != at->first && (group < 0 || plan_.steps[id].group != group)) break;
      ++state.lanes[lane];
      const int execution = execution_in(before, at->second - plan_.steps[id].offset);
      if (execution < 0) continue;
      if (wrong.empty()) wrong = check(before, id, execution);
      if (lanes.size() > 1 && joint.value_or(execution) != execution && wrong.empty())
        wrong = fmt::format("{} meets another execution's counterpart", plan_.steps[id].name);
      joint = execution;
    }
  }
  return wrong;
}

/// A value's note, as the issuing thread of the step awaits it.
bool Machine::header_known(const State& state, uint32_t receive, uint32_t id, int execution) const {
  const Channel& channel = plan_.channels[static_cast<size_t>(plan_.steps[receive].channel)];
  if (!channel.stream_ordered) return completed(state, receive, execution);
  if (completed(state, channel.send_step, execution)) return true;
  const Step& send = plan_.steps[channel.send_step];
  if (execution >= state.submitted) return false;
  if (plan_.actors[send.actor].blocking) {
    const auto at = front(state, static_cast<uint32_t>(send.lane));
    return at && at->first == channel.send_step && at->second == round_of(state, execution) + send.offset &&
           may_start(state, channel.send_step, at->second);
  }
  // The shape is posted when the SEND is issued, the status once it has ended.
  const Step& step = plan_.steps[id];
  const bool stateful = step.node >= 0 && plan_.nodes[static_cast<size_t>(step.node)].stateful;
  return !stateful && issued(state, channel.send_step, execution);
}

bool Machine::issue_one(State& state, uint32_t actor) const {
  const auto& order = plan_.issue_orders[actor];
  if (order.empty()) return false;
  const size_t round = state.issued[actor] / order.size();
  if (round >= state.rounds.size()) return false;
  const uint32_t id = order[state.issued[actor] % order.size()];
  const int execution = execution_in(state, static_cast<int64_t>(round) - plan_.steps[id].offset);
  if (execution >= 0)
    for (const uint32_t receive : plan_.steps[id].header_waits)
      if (!header_known(state, receive, id, execution)) return false;
  ++state.issued[actor];
  return true;
}

/// Whether the blank rounds that the oldest execution may need are there.
bool Machine::drained(const State& state) const {
  const int behind = static_cast<int>(state.rounds.size()) - 1 - round_of(state, state.submitted - 1);
  return behind >= (looks_ahead_ ? max_offset_ : max_offset_ - (state.submitted - 1 - state.arrived));
}

bool Machine::arrive(State& state) const {
  if (state.arrived >= state.submitted || !drained(state)) return false;
  for (const uint32_t send : output_sends_)
    if (!completed(state, send, state.arrived)) return false;
  ++state.arrived;
  return true;
}

std::string Machine::settle(State& state) const {
  std::string wrong;
  for (bool moved = true; moved && wrong.empty();) {
    moved = arrive(state);
    for (uint32_t actor = 0; actor < plan_.actors.size(); ++actor)
      while (issue_one(state, actor)) moved = true;
    for (uint32_t lane = 0; lane < plan_.lanes.size() && wrong.empty(); ++lane)
      while (wrong.empty()) {
        const auto at = front(state, lane);
        if (!at || !may_start(state, at->first, at->second)) break;
        if (!blank(state, at->first, at->second) && !harmless(at->first)) break;
        wrong = advance(state, {lane});
        moved = true;
      }
  }
  return wrong;
}

std::vector<State> Machine::moves(const State& state, std::string& wrong) const {
  std::vector<State> next;
  std::vector<std::pair<uint32_t, uint32_t>> workspaces;  // of what could run now: number, step
  for (uint32_t lane = 0; lane < plan_.lanes.size(); ++lane) {
    const auto lanes = together(state, lane);
    if (lanes.empty() || *std::min_element(lanes.begin(), lanes.end()) != lane) continue;
    State after = state;
    const auto found = advance(after, lanes);
    if (!found.empty()) wrong = found;
    for (const auto& access : plan_.steps[front(state, lane)->first].accesses)
      if (access.kind == Access::Kind::workspace) {
        for (const auto& [number, step] : workspaces)
          if (number == access.index)
            wrong = fmt::format("{} and another use workspace {} at once", plan_.steps[step].name, number);
        workspaces.emplace_back(access.index, front(state, lane)->first);
      }
    next.push_back(std::move(after));
  }
  const bool room = state.submitted < executions_ && state.submitted - state.arrived < static_cast<int>(plan_.inflight);
  bool slots = true;
  for (uint32_t channel = 0; channel < plan_.channels.size(); ++channel)
    if (plan_.channels[channel].writer == plan_.driver())
      slots = slots && released(state, channel,
                                state.submitted - static_cast<int>(plan_.rings[plan_.channels[channel].ring].slots));
  if (room && slots) {
    next.push_back(state);
    next.back().rounds.push_back(next.back().submitted++);
  }
  if (state.arrived < state.submitted && !drained(state)) {
    next.push_back(state);
    next.back().rounds.push_back(-1);
  }
  return next;
}

bool Machine::done(const State& state) const {
  if (state.arrived != executions_) return false;
  for (size_t lane = 0; lane < plan_.lanes.size(); ++lane)
    if (state.lanes[lane] != state.rounds.size() * plan_.lanes[lane].steps.size()) return false;
  return true;
}

std::string Machine::describe(const State& state) const {
  std::string text =
      fmt::format("{} submitted, {} arrived, {} rounds", state.submitted, state.arrived, state.rounds.size());
  for (uint32_t lane = 0; lane < plan_.lanes.size(); ++lane)
    if (const auto at = front(state, lane))
      text += fmt::format("; {} in round {}", plan_.steps[at->first].name, at->second);
  return text;
}

}  // namespace stretto::testing
