// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/joint.h"
#include "execution/courier.h"
#include "execution/executor.h"

#include <algorithm>

/// Lanes of an asynchronous device: one thread enqueues every lane's steps in the plan's issue order, and waits on the
/// host for tickets, abort and the headers that the plan states.

namespace stretto {

void Executor::issue_thread() {
  const auto& order = plan_.issue_orders[actor_];
  for (uint64_t round = 0; page_->await_round(round); ++round) {
    bool as_one = false;
    for (uint32_t id : order) {
      if (captured_[id] >= 0) {
        Run& run = runs_.at(captured_[id]);
        if (run.plan.steps.front() == id) as_one = goes_as_one(run, round);
        if (as_one && run.plan.steps.front() == id) launch_run(run, round);
        if (as_one) continue;
      }
      const int64_t execution = page_->execution_of(static_cast<int64_t>(round) - plan_.steps[id].offset);
      const auto members = compiling::group_of(plan_, id);
      if (execution >= 0) issue_step(id, members, execution, round);
      if (id == members.back()) tell_completed(members, round);
    }
  }
}

/// To the other lanes where they want to know, and to whoever watches the progress: once the lane has come here.
void Executor::tell_completed(std::span<const uint32_t> members, uint64_t round, bool signals) {
  const Step& last = plan_.steps[members.back()];
  const auto lane = static_cast<uint32_t>(last.lane);
  LaneState& state = lanes_.at(lane);
  for (const uint32_t id : members) signals = signals || plan_.steps[id].signals;
  const uint64_t completed = round * state.steps + last.position + 1;
  if (signals) state.lane.signal(state.done, completed);
  couriers_.at(lane)->at_lane([this, lane, completed] { page_->set_completed(lane, completed); });
}

/// Makes the lane wait for what the step needs. Then the step goes to the lane: a group as one with its last step,
/// whose others have been here before.
void Executor::issue_step(uint32_t id, std::span<const uint32_t> members, int64_t execution, uint64_t round) {
  const Step& step = plan_.steps[id];
  LaneState& state = lanes_.at(static_cast<uint32_t>(step.lane));
  Courier& courier = *couriers_.at(static_cast<uint32_t>(step.lane));
  const LaneRange range(state.lane, step.name, execution);
  await_headers(step, execution);
  if (state.recording.on() && members.front() == id) {
    courier.at_lane([&state, id, execution] { state.current = {id, execution}; });
    mark(state, courier, &StepTrace::arrived);
  }
  wait_for_lanes(step, state.lane, round);
  acquire(step, state, courier, execution);
  announce(step, execution);
  if (step.group >= 0 && members.back() != id) return;
  if (state.recording.on()) mark(state, courier, &StepTrace::begin);
  if (step.group >= 0) endpoints_->group_begin(static_cast<uint32_t>(step.channel));
  for (const uint32_t member : members) enqueue(member, state, courier, execution);
  if (step.group >= 0) endpoints_->group_end(static_cast<uint32_t>(step.channel));
  for (const uint32_t member : members) post_status(member, courier, execution);
  finish(members, state, courier, execution);
}

/// What is known of a stream-ordered transfer before it: the writer tells the shape, the reader awaits it. A
/// collective's is static.
void Executor::announce(const Step& step, int64_t execution) {
  if (step.kind == StepKind::collective) {
    const Spec& spec = plan_.values[plan_.rings[step.results.front()].value].spec;
    return notes_.shape(step.results.front(), make_note(execution, spec.dtype, spec.shape));
  }
  if (step.channel < 0) return;
  const auto id = static_cast<uint32_t>(step.channel);
  const Channel& channel = plan_.channels[id];
  if (!channel.stream_ordered) return;
  if (step.kind == StepKind::send) return page_->post_shape(id, notes_.get(step.inputs.front(), execution));
  const Spec& spec = plan_.values[channel.value].spec;
  notes_.shape(step.results.front(),
               spec.dynamic() ? page_->await_shape(id, execution) : make_note(execution, spec.dtype, spec.shape));
}

void Executor::enqueue(uint32_t id, LaneState& state, Courier& courier, int64_t execution) {
  const Step& step = plan_.steps[id];
  switch (step.kind) {
    case StepKind::receive: return issue_receive(step, state, courier, execution);
    case StepKind::send: return issue_send(step, state, courier, execution);
    case StepKind::compute: return kernels_.at(id)->run(execution);
    case StepKind::copy: {
      const uint32_t from = step.inputs.front();
      const uint32_t to = step.results.front();
      const Note note = notes_.get(from, execution);
      state.lane.copy(slots_->at(to, execution), slots_->at(from, execution), bytes_of(from, execution));
      return notes_.shape(to, note);
    }
    case StepKind::collective: return collect(step, state, execution);
  }
}

/// Tells those that meet the step what is known of what it brings, once the lane has come here.
void Executor::post_status(uint32_t id, Courier& courier, int64_t execution) {
  const Step& step = plan_.steps[id];
  if (step.inputs.empty()) return;
  const uint32_t ring = step.inputs.front();
  if (step.kind == StepKind::send && plan_.channels[static_cast<size_t>(step.channel)].stream_ordered)
    courier.at_lane([this, channel = static_cast<uint32_t>(step.channel), ring, execution] {
      page_->post_settled(channel, settle(ring, execution));
    });
  if (step.kind == StepKind::collective)
    courier.at_lane([this, board = board_of(plan_.nodes[static_cast<size_t>(step.node)]), ring, execution] {
      page_->post_settled(board, settle(ring, execution));
    });
}

/// What the host does once the lane has run them.
void Executor::finish(std::span<const uint32_t> members, LaneState& state, Courier& courier, int64_t execution) {
  if (state.recording.on()) {
    mark(state, courier, &StepTrace::end);
    for (const uint32_t id : members)
      courier.in_order([this, &state, id] {
        state.current.step = id;
        record(state, state.current);
      });
  }
  for (const uint32_t id : members) release(id, state, courier, execution);
}

/// By the lane itself where readers are on this device, else by the host, for which the lane waits.
void Executor::acquire(const Step& step, LaneState& state, Courier& courier, int64_t execution) {
  bool by_host = false;
  for (uint32_t channel : step.acquires) {
    if (plan_.channels[channel].device_slots)
      handovers_->acquire(channel, state.lane, execution);
    else
      by_host = true;
  }
  if (!by_host) return;
  courier.in_order([this, &step, execution] {
    for (uint32_t channel : step.acquires)
      if (!plan_.channels[channel].device_slots) endpoints_->end(channel).acquire(execution, Deadline::max());
  });
  courier.block_lane();
}

void Executor::release(uint32_t id, LaneState& state, Courier& courier, int64_t execution) {
  const Step& step = plan_.steps[id];
  bool by_host = false;
  for (uint32_t channel : step.releases) {
    if (plan_.channels[channel].device_slots)
      handovers_->release(channel, id, state.lane, execution);
    else
      by_host = true;
  }
  if (!by_host) return;
  courier.at_lane([this, &step, execution] {
    for (uint32_t channel : step.releases) {
      if (plan_.channels[channel].device_slots) continue;
      // A RECEIVE of a copying transport gives back what it has copied, and reads no slot.
      if (!step.inputs.empty()) settle(step.inputs.front(), execution);
      endpoints_->release(channel, execution);
    }
  });
}

/// Notes when the lane reaches this point, without holding it up.
void Executor::mark(LaneState& state, Courier& courier, int64_t StepTrace::*time) {
  courier.at_lane([&state, time] { state.current.*time = trace_time(std::chrono::steady_clock::now()); });
}

void Executor::issue_receive(const Step& step, LaneState& state, Courier& courier, int64_t execution) {
  const auto channel = static_cast<uint32_t>(step.channel);
  const uint32_t ring = step.results.front();
  const Spec& spec = plan_.values[plan_.channels[channel].value].spec;
  if (plan_.channels[channel].device_slots) return handovers_->receive(channel, state.lane, execution);
  if (plan_.channels[channel].stream_ordered) return transfer(step, state, execution);
  if (!spec.dynamic()) notes_.shape(ring, make_note(execution, spec.dtype, spec.shape));
  courier.at_lane([this, channel, ring, execution] {
    notes_.settle(ring, endpoints_->receive(channel, execution, Deadline::max()));
  });
  courier.block_lane();
}

void Executor::issue_send(const Step& step, LaneState& state, Courier& courier, int64_t execution) {
  const auto channel = static_cast<uint32_t>(step.channel);
  const uint32_t ring = step.inputs.front();
  if (plan_.channels[channel].device_slots) return handovers_->send(channel, state.lane, execution);
  if (plan_.channels[channel].stream_ordered) return transfer(step, state, execution);
  courier.at_lane([this, channel, ring, execution] { endpoints_->send(channel, settle(ring, execution)); });
  courier.block_lane();
}

void Executor::await_headers(const Step& step, int64_t execution) {
  for (uint32_t id : step.header_waits) {
    const Step& receive = plan_.steps[id];
    if (&receive == &step) continue;  // announce waits for its own
    const uint32_t ring = receive.results.front();
    // A stateful op must know the status before it touches its state; others only the shape.
    const bool stateful = step.kind == StepKind::compute && plan_.nodes[static_cast<size_t>(step.node)].stateful;
    if (!stateful)
      notes_.await_shaped(ring, execution);
    else if (receive.kind == StepKind::collective)
      settle(ring, execution);
    else if (plan_.channels[static_cast<size_t>(receive.channel)].stream_ordered)
      notes_.settle(ring, page_->await_settled(static_cast<uint32_t>(receive.channel), execution));
    else
      notes_.await_settled(ring, execution);
  }
  if (step.header_waits.empty() || step.kind != StepKind::compute) return;
  for (uint32_t ring : step.inputs)
    if (plan_.nodes[static_cast<size_t>(step.node)].stateful) settle(ring, execution);
}

/// The settled note of a value whose making has completed, or whose status is known. Walks back over this actor's
/// steps; what came over a stream-ordered transport is looked up on the control page.
Note Executor::settle(uint32_t ring, int64_t execution) {
  if (notes_.settled(ring, execution)) return notes_.get(ring, execution);
  const auto id = static_cast<uint32_t>(makers_[ring]);
  const Step& maker = plan_.steps[id];
  switch (maker.kind) {
    case StepKind::receive:
      if (!plan_.channels[static_cast<size_t>(maker.channel)].stream_ordered)
        return notes_.await_settled(ring, execution);
      notes_.settle(ring, page_->await_settled(static_cast<uint32_t>(maker.channel), execution));
      break;
    case StepKind::copy: notes_.settle(ring, settle(maker.inputs.front(), execution)); break;
    case StepKind::collective: settle_collective(maker, execution); break;
    default:
      for (uint32_t input : maker.inputs) settle(input, execution);
      kernels_.at(id)->settle(execution);
  }
  return notes_.get(ring, execution);
}

}  // namespace stretto
