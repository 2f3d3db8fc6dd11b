// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/executor.h"

/// Steps that an asynchronous device has recorded, and enqueues as one.

namespace stretto {

/// Before the first execution, which allocates nothing.
void Executor::make_captures() {
  as_one_.assign(plan_.captures.size(), false);
  for (size_t number = 0; number < plan_.captures.size(); ++number) {
    const Captured& capture = plan_.captures[number];
    const Step& first = plan_.steps[capture.steps.front()];
    if (first.actor != actor_) continue;
    for (const uint32_t id : capture.steps) captured_[id] = static_cast<int32_t>(number);
    LaneState& state = lanes_.at(static_cast<uint32_t>(first.lane));
    auto& phases = captures_[capture.steps.front()];
    for (uint32_t phase = 0; phase < capture.phases; ++phase)
      phases.push_back(state.lane.capture([&] { record_phase(capture, state, phase); }));
  }
}

void Executor::record_phase(const Captured& capture, LaneState& state, int64_t phase) {
  for (const uint32_t id : capture.steps) {
    const Step& step = plan_.steps[id];
    if (step.kind == StepKind::compute) {
      kernels_.at(id)->enqueue(phase);
      continue;
    }
    const uint32_t from = step.inputs.front(), to = step.results.front();
    state.lane.copy(slots_->at(to, phase), slots_->at(from, phase), bytes_of(from, phase));
  }
}

/// Decided where the first is issued, for all of the round: what is traced is traced step by step.
bool Executor::captured_now(uint32_t id) {
  if (captured_[id] < 0) return false;
  const auto number = static_cast<size_t>(captured_[id]);
  if (plan_.captures[number].steps.front() == id)
    as_one_[number] = !lanes_.at(static_cast<uint32_t>(plan_.steps[id].lane)).recording.on();
  return as_one_[number];
}

/// False, and nothing enqueued, where these steps are not captured, and where one is to be passed by: then they go to
/// the lane one by one.
bool Executor::launch_captured(std::span<const uint32_t> steps, int64_t execution) {
  const auto found = captures_.find(steps.front());
  if (found == captures_.end()) return false;
  if (steps.size() == 1) return false;
  for (const uint32_t id : steps) {
    const Step& step = plan_.steps[id];
    if (step.kind == StepKind::compute) {
      if (!kernels_.at(id)->pass(execution)) return false;
      continue;
    }
    const Note note = notes_.get(step.inputs.front(), execution);
    if (!note.ok()) return false;
    notes_.shape(step.results.front(), note);
  }
  found->second[static_cast<uint64_t>(execution) % found->second.size()].launch();
  return true;
}

}  // namespace stretto
