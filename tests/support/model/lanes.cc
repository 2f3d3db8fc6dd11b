// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "machine.h"

#include <algorithm>
#include <fmt/format.h>

/// What lanes do, and what goes wrong in it.

namespace stretto::testing {

std::span<const uint32_t> Machine::transition(uint32_t id) const {
  const Step& step = plan_.steps[id];
  const auto& steps = plan_.lanes[static_cast<size_t>(step.lane)].steps;
  size_t end = step.position + 1;
  while (step.group >= 0 && end < steps.size() && plan_.steps[steps[end]].group == step.group) ++end;
  return std::span(steps).subspan(step.position, end - step.position);
}

bool Machine::begun(const State& state, uint32_t lane) const {
  const auto at = front(state, lane);
  if (!at || blank(state, at->step, at->round)) return false;
  const auto steps = transition(at->step);
  return std::all_of(steps.begin(), steps.end(), [&](uint32_t step) { return may_start(state, step, at->round); });
}

bool Machine::begun(const State& state, uint32_t id, int execution) const {
  if (completed(state, id, execution)) return true;
  const auto lane = static_cast<uint32_t>(plan_.steps[id].lane);
  if (!begun(state, lane)) return false;
  const auto at = *front(state, lane);
  const auto steps = transition(at.step);
  return execution_in(state, at.round - plan_.steps[at.step].offset) == execution &&
         std::find(steps.begin(), steps.end(), id) != steps.end();
}

bool Machine::sized(const State& state, uint32_t lane) const {
  if (!begun(state, lane)) return false;
  const auto at = *front(state, lane);
  const auto steps = transition(at.step);
  return std::all_of(steps.begin(), steps.end(), [&](uint32_t id) {
    const Step& step = plan_.steps[id];
    if (step.kind != StepKind::receive || !plan_.actors[step.actor].blocking) return true;
    const Channel& channel = plan_.channels[static_cast<size_t>(step.channel)];
    return !channel.stream_ordered || !plan_.values[channel.value].spec.dynamic() ||
           header_known(state, id, id, execution_in(state, at.round - step.offset));
  });
}

/// Of a step of the transition that its lane stands at.
bool Machine::over(const State& state, uint32_t id) const {
  const auto lane = static_cast<uint32_t>(plan_.steps[id].lane);
  const auto first = plan_.steps[front(state, lane)->step].position;
  return (state.met[lane] >> (plan_.steps[id].position - first) & 1) != 0;
}

/// The SEND of a transition that has begun, and its RECEIVE, where they meet now. Between two actors messages meet in
/// order: the first SEND that is not over the first RECEIVE.
std::optional<Machine::Move> Machine::meeting(const State& state, uint32_t send, std::string& wrong) const {
  const Channel& channel = plan_.channels[static_cast<size_t>(plan_.steps[send].channel)];
  const auto first_open = [&](uint32_t lane, StepKind kind) -> std::optional<uint32_t> {
    for (const uint32_t id : transition(front(state, lane)->step)) {
      const Step& step = plan_.steps[id];
      if (step.kind != kind || step.channel < 0 || over(state, id)) continue;
      const Channel& other = plan_.channels[static_cast<size_t>(step.channel)];
      if (other.transport == channel.transport && other.writer == channel.writer &&
          other.readers[0].actor == channel.readers[0].actor)
        return id;
    }
    return std::nullopt;
  };
  const uint32_t receive = channel.readers[0].receive_step;
  const auto there = static_cast<uint32_t>(plan_.steps[receive].lane);
  if (first_open(static_cast<uint32_t>(plan_.steps[send].lane), StepKind::send) != send || !sized(state, there))
    return std::nullopt;
  const auto met = first_open(there, StepKind::receive);
  if (!met) return std::nullopt;
  if (*met != receive) wrong = fmt::format("{} meets {}", plan_.steps[send].name, plan_.steps[*met].name);
  return Move{send, receive};
}

/// RECEIVEs of a rendezvous are moved by their SENDs.
std::vector<Machine::Move> Machine::moves_of(const State& state, uint32_t lane, std::string& wrong) const {
  std::vector<Move> moves;
  if (!sized(state, lane)) return moves;
  for (const uint32_t id : transition(front(state, lane)->step)) {
    const Step& step = plan_.steps[id];
    if (over(state, id)) continue;
    if (step.channel < 0 || !plan_.channels[static_cast<size_t>(step.channel)].rendezvous)
      moves.push_back({id});
    else if (step.kind == StepKind::send) {
      std::string mismatch;
      auto both = meeting(state, id, mismatch);
      if (!mismatch.empty())
        wrong = mismatch;
      else if (both)
        moves.push_back(std::move(*both));
    }
  }
  return moves;
}

std::string Machine::make(State& state, const Move& move) const {
  const State before = state;
  std::string wrong;
  std::optional<int> met;
  for (const uint32_t id : move) {
    const auto lane = static_cast<size_t>(plan_.steps[id].lane);
    const auto at = *front(before, static_cast<uint32_t>(lane));
    const int execution = execution_in(before, at.round - plan_.steps[id].offset);
    if (wrong.empty()) wrong = check(before, id, execution);
    if (met.value_or(execution) != execution && wrong.empty())
      wrong = fmt::format("{} meets another execution's counterpart", plan_.steps[id].name);
    met = execution;
    const size_t count = transition(at.step).size();
    state.met[lane] |= static_cast<uint16_t>(1U << (plan_.steps[id].position - plan_.steps[at.step].position));
    if (state.met[lane] + 1U != 1U << count) continue;
    state.met[lane] = 0;
    state.lanes[lane] += static_cast<uint16_t>(count);
  }
  return wrong;
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

}  // namespace stretto::testing
