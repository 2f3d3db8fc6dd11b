// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/joint.h"
#include "execution/executor.h"

#include <algorithm>

/// Lanes of a blocking device: the thread waits, works and signals inline.

namespace stretto {

void Executor::lane_thread(uint32_t lane) {
  LaneState& state = lanes_.at(lane);
  const auto& steps = plan_.lanes[lane].steps;
  for (uint64_t round = 0; page_->await_round(round); ++round) {
    for (size_t next = 0; next < steps.size();) {
      const auto members = compiling::group_of(plan_, steps[next]);
      const Step& first = plan_.steps[members.front()];
      const int64_t execution = page_->execution_of(static_cast<int64_t>(round) - first.offset);
      if (execution >= 0 && first.group >= 0) run_group(members, state, execution, round);
      if (execution >= 0 && first.group < 0) run_step(members.front(), state, execution, round);
      next += members.size();
      const bool signals =
          std::any_of(members.begin(), members.end(), [&](uint32_t id) { return plan_.steps[id].signals; });
      const uint64_t completed = round * state.steps + next;
      if (signals) state.lane.signal(state.done, completed);
      page_->set_completed(lane, completed);
    }
  }
}

/// Nothing of it moves before all may. It tells what it sends before it awaits what it receives, as its counterpart may
/// be a group that does the same.
void Executor::run_group(std::span<const uint32_t> members, LaneState& state, int64_t execution, uint64_t round) {
  const Step& first = plan_.steps[members.front()];
  const LaneRange range(state.lane, first.name, execution);
  StepTrace run{members.front(), execution};
  if (state.recording.on()) run.arrived = trace_time(std::chrono::steady_clock::now());
  for (const uint32_t id : members) {
    wait_for_lanes(plan_.steps[id], state.lane, round);
    for (uint32_t channel : plan_.steps[id].acquires) endpoints_->end(channel).acquire(execution, Deadline::max());
  }
  for (const uint32_t id : members)
    if (plan_.steps[id].kind == StepKind::send) post(plan_.steps[id], execution);
  for (const uint32_t id : members)
    if (plan_.steps[id].kind == StepKind::receive) await_size(plan_.steps[id], execution);
  run.begin = trace_time(std::chrono::steady_clock::now());
  endpoints_->group_begin(static_cast<uint32_t>(first.channel));
  for (const uint32_t id : members) transfer(plan_.steps[id], state, execution);
  endpoints_->group_end(static_cast<uint32_t>(first.channel));
  run.end = trace_time(std::chrono::steady_clock::now());
  for (const uint32_t id : members) {
    const Step& step = plan_.steps[id];
    if (step.kind == StepKind::receive)
      notes_.settle(step.results.front(), page_->await_settled(static_cast<uint32_t>(step.channel), execution));
    run.step = id;
    record(state, run);
    for (uint32_t channel : step.releases) endpoints_->release(channel, execution);
  }
}

void Executor::run_step(uint32_t id, LaneState& state, int64_t execution, uint64_t round) {
  const Step& step = plan_.steps[id];
  const LaneRange range(state.lane, step.name, execution);
  StepTrace run{id, execution};
  if (state.recording.on()) run.arrived = trace_time(std::chrono::steady_clock::now());
  wait_for_lanes(step, state.lane, round);
  for (uint32_t channel : step.acquires) endpoints_->end(channel).acquire(execution, Deadline::max());
  run.begin = trace_time(std::chrono::steady_clock::now());
  switch (step.kind) {
    case StepKind::receive: run_receive(step, state, execution); break;
    case StepKind::send: run_send(step, state, execution); break;
    case StepKind::compute: kernels_.at(id)->run(execution); break;
    case StepKind::copy: {
      const Note note = notes_.get(step.inputs.front(), execution);
      if (note.ok())
        state.lane.copy(slots_->at(step.results.front(), execution), slots_->at(step.inputs.front(), execution),
                        note.bytes);
      notes_.settle(step.results.front(), note);
      break;
    }
    case StepKind::collective: run_collective(step, state, execution); break;
  }
  run.end = trace_time(std::chrono::steady_clock::now());
  record(state, run);
  for (uint32_t channel : step.releases) endpoints_->release(channel, execution);
}

void Executor::run_receive(const Step& step, LaneState& state, int64_t execution) {
  const auto channel = static_cast<uint32_t>(step.channel);
  const uint32_t ring = step.results.front();
  if (!plan_.channels[channel].stream_ordered) {
    notes_.settle(ring, endpoints_->receive(channel, execution, Deadline::max()));
    return;
  }
  await_size(step, execution);
  transfer(step, state, execution);
  notes_.settle(ring, page_->await_settled(channel, execution));
}

void Executor::run_send(const Step& step, LaneState& state, int64_t execution) {
  if (!plan_.channels[static_cast<size_t>(step.channel)].stream_ordered) {
    endpoints_->send(static_cast<uint32_t>(step.channel), notes_.get(step.inputs.front(), execution));
    return;
  }
  post(step, execution);
  transfer(step, state, execution);
}

/// What a stream-ordered SEND brings.
void Executor::post(const Step& step, int64_t execution) {
  const auto channel = static_cast<uint32_t>(step.channel);
  const Note note = notes_.get(step.inputs.front(), execution);
  page_->post_shape(channel, note);
  page_->post_settled(channel, note);
}

/// The bytes of a dynamic value have to be known on both sides before the transfer.
void Executor::await_size(const Step& step, int64_t execution) {
  const auto channel = static_cast<uint32_t>(step.channel);
  if (plan_.values[plan_.channels[channel].value].spec.dynamic())
    notes_.shape(step.results.front(), page_->await_shape(channel, execution));
}

void Executor::run_collective(const Step& step, LaneState& state, int64_t execution) {
  if (!step.inputs.empty())
    page_->post_settled(board_of(plan_.nodes[static_cast<size_t>(step.node)]),
                        notes_.get(step.inputs.front(), execution));
  collect(step, state, execution);
  settle_collective(step, execution);
}

}  // namespace stretto
