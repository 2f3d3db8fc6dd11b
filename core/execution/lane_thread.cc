// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/executor.h"

/// Lanes of a blocking device: the thread waits, works and signals inline.

namespace stretto {

void Executor::lane_thread(uint32_t lane) {
  LaneState& state = lanes_.at(lane);
  const PlanLane& program = plan_.lanes[lane];
  for (uint64_t round = 0; page_->await_round(round); ++round) {
    for (uint32_t id : program.steps) {
      const Step& step = plan_.steps[id];
      const int64_t execution = page_->execution_of(static_cast<int64_t>(round) - step.offset);
      if (execution >= 0) run_step(id, state, execution, round);
      const uint64_t completed = round * state.steps + step.position + 1;
      if (step.signals) state.lane.signal(state.done, completed);
      page_->set_completed(lane, completed);
    }
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
  // The bytes of a dynamic value have to be known on both sides before the transfer.
  const bool dynamic = plan_.values[plan_.channels[channel].value].spec.dynamic();
  if (dynamic) notes_.shape(ring, page_->await_shape(channel, execution));
  const uint64_t bytes = bytes_of(ring, execution);
  endpoints_->end(channel).lane_receive(state.lane.native(), slots_->at(ring, execution), bytes);
  notes_.settle(ring, page_->await_settled(channel, execution));
}

void Executor::run_send(const Step& step, LaneState& state, int64_t execution) {
  const auto channel = static_cast<uint32_t>(step.channel);
  const uint32_t ring = step.inputs.front();
  const Note note = notes_.get(ring, execution);
  if (!plan_.channels[channel].stream_ordered) {
    endpoints_->send(channel, note);
    return;
  }
  page_->post_shape(channel, note);
  page_->post_settled(channel, note);
  endpoints_->end(channel).lane_send(state.lane.native(), slots_->at(ring, execution), bytes_of(ring, execution));
}

void Executor::run_collective(const Step& step, LaneState& state, int64_t execution) {
  if (!step.inputs.empty())
    page_->post_settled(board_of(plan_.nodes[static_cast<size_t>(step.node)]),
                        notes_.get(step.inputs.front(), execution));
  collect(step, state, execution);
  settle_collective(step, execution);
}

}  // namespace stretto
