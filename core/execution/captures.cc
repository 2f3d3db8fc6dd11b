// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/runs.h"
#include "execution/courier.h"
#include "execution/executor.h"

#include <algorithm>

/// Runs: steps that an asynchronous device has recorded, and enqueues as one. What they are stands in compile/runs.h.

namespace stretto {

/// Before the first execution, which allocates nothing.
void Executor::make_captures() {
  for (size_t number = 0; number < plan_.captures.size(); ++number) {
    const Captured& plan = plan_.captures[number];
    if (plan_.steps[plan.steps.front()].actor != actor_) continue;
    Run& run = runs_.emplace(static_cast<int32_t>(number), Run{plan}).first->second;
    for (const uint32_t id : plan.steps) {
      captured_[id] = static_cast<int32_t>(number);
      if (compiling::meets(plan_, plan_.steps[id])) run.alone = false;
      LaneState& state = lane_of(id);
      auto lane = std::ranges::find_if(run.lanes, [&](const Run::Lane& it) { return &it.state == &state; });
      if (lane == run.lanes.end()) {
        run.lanes.push_back({state, *couriers_.at(static_cast<uint32_t>(plan_.steps[id].lane))});
        lane = run.lanes.end() - 1;
      }
      lane->steps.push_back(id);
    }
    run.begun = device_.open_semaphore();
    for (uint32_t phase = 0; phase < plan.phases; ++phase)
      run.phases.push_back(run.lanes.front().state.lane.capture([&] { record_run(plan, phase); }));
  }
}

/// Of the execution with the run's least offset modulo the phases, and what those of the others are then. Lanes follow
/// each other as in the plan; the first one has begun before all, and follows all in the end.
void Executor::record_run(const Captured& run, int64_t phase) {
  LaneState& first = lane_of(run.steps.front());
  std::map<LaneState*, uint64_t> marks;  // the latest of each lane that takes part
  std::map<uint32_t, uint64_t> mark_of;  // by step: its lane's, set when it is recorded
  const auto mark = [&](LaneState& state) {
    state.lane.mark(++marks[&state]);
    return marks[&state];
  };
  const uint64_t begin = mark(first);
  for (const uint32_t id : run.steps) {
    LaneState& state = lane_of(id);
    if (!marks.contains(&state)) {
      state.lane.follow(first.lane, begin);
      marks[&state] = 0;
    }
    for (const Wait& wait : plan_.steps[id].waits)
      if (wait.by == Wait::By::lane && wait.rounds == 0 && mark_of.contains(wait.from))
        state.lane.follow(lane_of(wait.from).lane, mark_of.at(wait.from));
    const int64_t behind = plan_.steps[id].offset - run.least_offset;
    record_step(id, phase + int64_t{run.phases} * (behind / run.phases + 1) - behind);
    if (plan_.steps[id].signals) mark_of[id] = mark(state);
  }
  for (auto& [state, latest] : marks)
    if (state != &first) first.lane.follow(state->lane, mark(*state));
}

/// `execution` is any one with the same slots.
void Executor::record_step(uint32_t id, int64_t execution) {
  const Step& step = plan_.steps[id];
  LaneState& state = lane_of(id);
  switch (step.kind) {
    case StepKind::compute: return kernels_.at(id)->enqueue(execution);
    case StepKind::copy: {
      const uint32_t from = step.inputs.front(), to = step.results.front();
      return state.lane.copy(slots_->at(to, execution), slots_->at(from, execution), bytes_of(from, execution));
    }
    case StepKind::collective: return collect(step, state, execution);
    case StepKind::send:
    case StepKind::receive: return transfer(step, state, execution);
  }
}

/// The others of a round are blank, or of executions that do not follow each other; and what is traced is traced step
/// by step. So every actor that takes part decides alike. Where no other does, steps that an error passes by do not run
/// either.
bool Executor::goes_as_one(const Run& run, uint64_t round) {
  if (run.lanes.front().state.recording.on()) return false;
  for (int32_t offset = run.plan.least_offset; offset <= run.plan.most_offset; ++offset)
    if (page_->execution_of(static_cast<int64_t>(round) - offset) < 0) return false;
  for (const uint32_t id : run.plan.steps) {
    const bool passed = pass(id, page_->execution_of(static_cast<int64_t>(round) - plan_.steps[id].offset));
    if (!passed && run.alone) return false;
  }
  return true;
}

/// Notes of what the step makes. False where an error passes it by: what it then makes of anything is told to nobody.
bool Executor::pass(uint32_t id, int64_t execution) {
  const Step& step = plan_.steps[id];
  if (step.kind == StepKind::compute) {
    if (kernels_.at(id)->pass(execution)) return true;
    kernels_.at(id)->run(execution);  // which enqueues nothing then
    return false;
  }
  if (compiling::meets(plan_, step)) {
    announce(step, execution);
    return true;
  }
  const Note note = notes_.get(step.inputs.front(), execution);
  notes_.shape(step.results.front(), note);
  return note.ok();
}

/// On the first lane, behind all that any step of it needs, and behind its other lanes, which go on behind it.
void Executor::launch_run(Run& run, uint64_t round) {
  Run::Lane& first = run.lanes.front();
  LaneState& launching = first.state;
  const auto execution_of = [&](uint32_t id) {
    return page_->execution_of(static_cast<int64_t>(round) - plan_.steps[id].offset);
  };
  const LaneRange range(launching.lane, plan_.steps[first.steps.front()].name, execution_of(first.steps.front()));
  for (Run::Lane& lane : run.lanes) {
    if (&lane != &first) {
      const uint64_t before = round * lane.state.steps + plan_.steps[lane.steps.front()].position;
      lane.state.lane.signal(lane.state.done, before);
      launching.lane.wait(lane.state.done, before);
    }
    for (const uint32_t id : lane.steps) {
      wait_for_lanes(plan_.steps[id], launching.lane, round, captured_[id]);
      acquire(plan_.steps[id], launching, first.courier, execution_of(id));
    }
  }
  launching.lane.signal(run.begun, ++run.launches);
  for (Run::Lane& lane : run.lanes) {
    if (&lane != &first) lane.state.lane.wait(run.begun, run.launches);
    for (const uint32_t id : lane.steps) post_status(id, lane.courier, execution_of(id));
  }
  const auto least = static_cast<uint64_t>(page_->execution_of(static_cast<int64_t>(round) - run.plan.least_offset));
  run.phases[least % run.phases.size()].launch();
  tell_completed(first.steps, round, run.lanes.size() > 1);
  const uint64_t ended = round * launching.steps + plan_.steps[first.steps.back()].position + 1;
  for (Run::Lane& lane : run.lanes) {
    if (&lane != &first) {
      lane.state.lane.wait(launching.done, ended);
      tell_completed(lane.steps, round, true);
    }
    for (const uint32_t id : lane.steps) finish({&id, 1}, lane.state, lane.courier, execution_of(id));
  }
}

}  // namespace stretto
