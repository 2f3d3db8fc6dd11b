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
  for (const auto each : state.met) mix(each);
  for (const auto each : state.issued) mix(each);
  for (const auto each : state.rounds) mix(static_cast<uint8_t>(each));
  mix(static_cast<uint8_t>(state.submitted));
  mix(static_cast<uint8_t>(state.arrived));
  return hash;
}

namespace {

constexpr size_t kNever = SIZE_MAX / 2;

}  // namespace

Machine::Machine(const Plan& plan, int8_t executions, Blanks blanks, Orders orders)
    : plan_(plan),
      executions_(executions),
      blanks_(blanks),
      releasing_(plan.channels.size()),
      readers_(plan.rings.size()),
      transfers_(plan.rings.size()),
      writer_(plan.rings.size(), -1),
      before_(plan.steps.size(), -1),
      issue_position_(plan.steps.size(), kNever),
      to_driver_(plan.rings.size(), false),
      harmless_(plan.steps.size(), false) {
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
  if (orders == Orders::that_differ) find_harmless();
}

State Machine::start() const {
  State state;
  state.lanes.resize(plan_.lanes.size(), 0);
  state.met.resize(plan_.lanes.size(), 0);
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

/// The step that a lane comes to next, and the round; nothing where that round is not published.
std::optional<Machine::Front> Machine::front(const State& state, uint32_t lane) const {
  const auto& steps = plan_.lanes[lane].steps;
  const size_t round = state.lanes[lane] / steps.size();
  if (round >= state.rounds.size()) return std::nullopt;
  return Front{steps[state.lanes[lane] % steps.size()], static_cast<int64_t>(round)};
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

int Machine::blanks_behind(const State& state) const {
  return static_cast<int>(state.rounds.size()) - 1 - round_of(state, state.submitted - 1);
}

/// Whether the blank rounds that the oldest execution may need are there.
bool Machine::drained(const State& state) const {
  return blanks_behind(state) >= (looks_ahead_ ? max_offset_ : max_offset_ - (state.submitted - 1 - state.arrived));
}

bool Machine::arrive(State& state) const {
  if (state.arrived >= state.submitted || !drained(state)) return false;
  for (const uint32_t send : output_sends_)
    if (!completed(state, send, state.arrived)) return false;
  ++state.arrived;
  return true;
}

bool Machine::pass_on(State& state, uint32_t lane, std::string& wrong) const {
  bool moved = false;
  for (auto at = front(state, lane); at && wrong.empty(); at = front(state, lane)) {
    if (blank(state, at->step, at->round) && is_issued_in(state, at->step, at->round)) {
      ++state.lanes[lane];
      moved = true;
      continue;
    }
    const auto moves = moves_of(state, lane, wrong);
    const auto harmless = std::find_if(moves.begin(), moves.end(), [&](const Move& move) {
      return std::all_of(move.begin(), move.end(), [&](uint32_t step) { return harmless_[step]; });
    });
    if (!wrong.empty() || harmless == moves.end()) return moved;
    wrong = make(state, *harmless);
    moved = true;
  }
  return moved;
}

std::string Machine::settle(State& state) const {
  std::string wrong;
  for (bool moved = true; moved && wrong.empty();) {
    moved = arrive(state);
    for (uint32_t actor = 0; actor < plan_.actors.size(); ++actor)
      while (wrong.empty() && issue_one(state, actor, wrong)) moved = true;
    for (uint32_t lane = 0; lane < plan_.lanes.size() && wrong.empty(); ++lane)
      moved = pass_on(state, lane, wrong) || moved;
  }
  return wrong;
}

std::vector<State> Machine::moves(const State& state, std::string& wrong) const {
  std::vector<State> next;
  std::vector<std::pair<uint32_t, uint32_t>> workspaces;  // of what could run now: number, step
  for (uint32_t lane = 0; lane < plan_.lanes.size(); ++lane)
    for (const Move& move : moves_of(state, lane, wrong)) {
      next.push_back(state);
      const auto found = make(next.back(), move);
      if (!found.empty()) wrong = found;
      for (const auto& access : plan_.steps[move[0]].accesses) {
        if (access.kind != Access::Kind::workspace) continue;
        for (const auto& [number, step] : workspaces)
          if (number == access.index)
            wrong = fmt::format("{} and another use workspace {} at once", plan_.steps[step].name, number);
        workspaces.emplace_back(access.index, move[0]);
      }
    }
  State more = state;
  if (submit(more)) next.push_back(std::move(more));
  const bool blank = blanks_ == Blanks::when_needed ? !drained(state) : blanks_behind(state) < max_offset_;
  if (state.arrived < state.submitted && blank) {
    next.push_back(state);
    next.back().rounds.push_back(-1);
  }
  return next;
}

bool Machine::submit(State& state) const {
  if (state.submitted >= executions_ || state.submitted - state.arrived >= static_cast<int>(plan_.inflight))
    return false;
  for (uint32_t channel = 0; channel < plan_.channels.size(); ++channel) {
    if (plan_.channels[channel].writer != plan_.driver()) continue;
    const auto slots = static_cast<int>(plan_.rings[plan_.channels[channel].ring].slots);
    if (!released(state, channel, state.submitted - slots)) return false;
  }
  state.rounds.push_back(state.submitted++);
  return true;
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
      text += fmt::format("; {} in round {}", plan_.steps[at->step].name, at->round);
  return text;
}

}  // namespace stretto::testing
