// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "machine.h"

#include <algorithm>
#include <fmt/format.h>

/// The issuing threads of asynchronous devices.

namespace stretto::testing {

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

/// A group goes to its lane's queue with its last step.
bool Machine::enqueued_in(const State& state, uint32_t id, int64_t round) const {
  const Step& step = plan_.steps[id];
  const auto& lane = plan_.lanes[static_cast<size_t>(step.lane)].steps;
  size_t last = step.position;
  while (step.group >= 0 && last + 1 < lane.size() && plan_.steps[lane[last + 1]].group == step.group) ++last;
  return is_issued_in(state, lane[last], round);
}

bool Machine::stateful(uint32_t id) const {
  const int32_t node = plan_.steps[id].node;
  return node >= 0 && plan_.nodes[static_cast<size_t>(node)].stateful;
}

/// What a value's note says, as the issuing thread of the step needs it: of a received value.
bool Machine::header_known(const State& state, uint32_t receive, uint32_t id, int execution) const {
  const Channel& channel = plan_.channels[static_cast<size_t>(plan_.steps[receive].channel)];
  if (!channel.stream_ordered) return completed(state, receive, execution);
  if (completed(state, channel.send_step, execution)) return true;
  if (execution >= state.submitted) return false;
  if (plan_.actors[channel.writer].blocking) return begun(state, channel.send_step, execution);
  // The shape is posted when the SEND is issued, the status once it has ended.
  return !stateful(id) && issued(state, channel.send_step, execution);
}

/// Whether the host can tell if the value is there or an op's error in its place. A node with a state has told before
/// it was issued; what others make is as what they read.
bool Machine::status_known(const State& state, uint32_t ring, int execution) const {
  if (writer_[ring] < 0) return true;
  const auto id = static_cast<uint32_t>(writer_[ring]);
  if (stateful(id)) return issued(state, id, execution);
  const Step& writer = plan_.steps[id];
  if (writer.kind == StepKind::receive) {
    const Channel& channel = plan_.channels[static_cast<size_t>(writer.channel)];
    const bool by_note = channel.stream_ordered && plan_.actors[channel.writer].blocking;
    if (by_note) return header_known(state, id, id, execution);
    return completed(state, channel.stream_ordered ? channel.send_step : id, execution);
  }
  return std::all_of(writer.inputs.begin(), writer.inputs.end(),
                     [&](uint32_t input) { return status_known(state, input, execution); });
}

/// What goes wrong when the thread issues the step now.
std::string Machine::check_issue(const State& state, uint32_t id, int64_t round, int execution) const {
  const Step& step = plan_.steps[id];
  const auto lane = static_cast<size_t>(step.lane);
  if (step.position > 0 && !is_issued_in(state, plan_.lanes[lane].steps[step.position - 1], round))
    return fmt::format("{} is enqueued before what precedes it on its lane", step.name);
  if (execution < 0) return "";
  for (const Wait& wait : step.waits)
    if (wait.by == Wait::By::lane && round >= wait.rounds && !enqueued_in(state, wait.from, round - wait.rounds))
      return fmt::format("{} is to wait for {}, which is not enqueued", step.name, plan_.steps[wait.from].name);
  for (const uint32_t ring : step.inputs) {
    if (writer_[ring] < 0) continue;
    const auto from = static_cast<uint32_t>(writer_[ring]);
    const Step& writer = plan_.steps[from];
    if (!issued(state, from, execution))
      return fmt::format("{} is issued for {} before {}", step.name, execution, writer.name);
    // A stream-ordered RECEIVE has awaited the shape itself.
    const bool brought =
        writer.kind == StepKind::receive && !plan_.channels[static_cast<size_t>(writer.channel)].stream_ordered;
    if (brought && plan_.values[plan_.rings[ring].value].spec.dynamic() && !completed(state, from, execution))
      return fmt::format("{} is issued for {} before the shape of what {} brings is known", step.name, execution,
                         writer.name);
    if (stateful(id) && !status_known(state, ring, execution))
      return fmt::format("{} is issued for {} before the status of what it reads is known", step.name, execution);
  }
  return "";
}

bool Machine::issue_one(State& state, uint32_t actor, std::string& wrong) const {
  const auto& order = plan_.issue_orders[actor];
  if (order.empty()) return false;
  const size_t round = state.issued[actor] / order.size();
  if (round >= state.rounds.size()) return false;
  const uint32_t id = order[state.issued[actor] % order.size()];
  const Step& step = plan_.steps[id];
  const int execution = execution_in(state, static_cast<int64_t>(round) - step.offset);
  // A RECEIVE awaits the note that it needs to be enqueued whatever the plan says.
  const bool sizes = step.kind == StepKind::receive &&
                     plan_.channels[static_cast<size_t>(step.channel)].stream_ordered &&
                     plan_.values[plan_.rings[step.results[0]].value].spec.dynamic();
  if (execution >= 0) {
    if (sizes && !header_known(state, id, id, execution)) return false;
    for (const uint32_t receive : step.header_waits)
      if (receive != id && !header_known(state, receive, id, execution)) return false;
  }
  wrong = check_issue(state, id, static_cast<int64_t>(round), execution);
  ++state.issued[actor];
  return true;
}

}  // namespace stretto::testing
