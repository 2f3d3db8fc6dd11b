// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/executor.h"

#include "compile/joint.h"
#include "execution/courier.h"

namespace stretto {

namespace {

/// Readers of this actor's memory that live leave it when this actor does. Less than a driver waits for actors to end.
constexpr std::chrono::milliseconds kPatienceWithReaders{300};

}  // namespace

Executor::Executor(const Plan& plan, uint32_t actor, Catalogue& catalogue, std::shared_ptr<ControlPage> page,
                   uint64_t trace_executions)
    : plan_(plan),
      actor_(actor),
      catalogue_(catalogue),
      page_(std::move(page)),
      notes_(plan, actor),
      boards_(boards_of_collectives(plan)),
      makers_(plan.rings.size(), -1),
      captured_(plan.steps.size(), -1),
      times_(plan.steps.size()) {
  const PlanActor& self = plan.actors[actor];
  const ComponentUse& use = plan.components[static_cast<size_t>(self.device)];
  device_ = DeviceHandle::open(catalogue.find(STRETTO_DEVICE, use.name), self.device_index, use.settings);
  open_lanes(trace_executions);
}

void Executor::open_transports() {
  endpoints_ = std::make_unique<Endpoints>(plan_, actor_, catalogue_, page_, native_, &device_);
  slots_ = std::make_unique<Slots>(plan_, actor_, &device_, *endpoints_);
  handovers_ = std::make_unique<Handovers>(plan_, actor_, device_, *endpoints_);
}

void Executor::open_lanes(uint64_t trace_executions) {
  const auto communicates = [&](const PlanLane& lane) {
    for (uint32_t step : lane.steps)
      if (plan_.steps[step].kind == StepKind::compute) return false;
    return true;
  };
  native_ = {sizeof native_, plan_.actors[actor_].device_index, plan_.actors[actor_].memory_kind.c_str(), 0, 0};
  for (uint32_t id = 0; id < plan_.lanes.size(); ++id) {
    const PlanLane& lane = plan_.lanes[id];
    if (lane.actor != actor_) continue;
    LaneState& state = lanes_[id];
    state.lane = device_.open_lane(lane.name, communicates(lane) ? 1 : 0);
    state.done = device_.open_semaphore();
    state.steps = lane.steps.size();
    state.recording = LaneRecording(trace_executions * state.steps);
    native_ = state.lane.native();
  }
}

void Executor::prepare() {
  handovers_->open();
  slots_->resolve();
  for (uint32_t id = 0; id < plan_.steps.size(); ++id) {
    const Step& step = plan_.steps[id];
    if (step.actor != actor_) continue;
    for (uint32_t ring : step.results) makers_[ring] = static_cast<int32_t>(id);
    if (step.kind == StepKind::compute)
      kernels_.emplace(id, std::make_unique<NodeKernel>(plan_, step, catalogue_,
                                                        lanes_.at(static_cast<uint32_t>(step.lane)).lane.native(),
                                                        device_, *slots_, notes_, *page_));
  }
  if (device_.blocking()) return;
  for (auto& [id, state] : lanes_) couriers_[id] = std::make_unique<Courier>(device_, state.lane);
  make_captures();
}

void Executor::start(std::function<void()> ended) {
  prepare();
  ended_ = std::move(ended);
  if (device_.blocking()) {
    running_ = static_cast<uint32_t>(lanes_.size());
    for (const auto& [id, state] : lanes_)
      threads_.emplace_back([this, lane = id] { guard([&] { lane_thread(lane); }); });
  } else {
    running_ = 1 + static_cast<uint32_t>(couriers_.size());
    for (auto& [id, courier] : couriers_)
      threads_.emplace_back([this, runner = courier.get()] { guard([&] { runner->run(); }); });
    threads_.emplace_back([this] {
      guard([&] { issue_thread(); });
      for (auto& [id, courier] : couriers_) courier->finish();
    });
  }
  if (running_ == 0) ended_();
}

void Executor::guard(const std::function<void()>& body) {
  std::optional<Error> error;
  try {
    body();
  } catch (const Error& thrown) {
    error = thrown;
  } catch (const std::exception& thrown) {
    error = Error(Code::internal, thrown.what());
  }
  // Ended by somebody else's abort: not a failure of this actor.
  const bool ours = error && !aborted_ && !(error->code() == Code::cancelled && page_->aborted());
  if (ours) {
    {
      const std::scoped_lock lock(failing_);
      if (!failure_) failure_ = error;
    }
    abort();
  }
  if (running_.fetch_sub(1) == 1) ended_();
}

void Executor::abort() noexcept {
  aborted_ = true;
  page_->abort();  // no run goes on without one of its actors
  notes_.abort();
  device_.abort();
  if (endpoints_) endpoints_->abort();
  for (auto& [id, courier] : couriers_) courier->abort();
}

void Executor::join() {
  for (auto& thread : threads_)
    if (thread.joinable()) thread.join();
}

Executor::~Executor() {
  if (running_ != 0) abort();
  join();
  // Lanes first: after an abort they may still hold work that uses what follows.
  for (auto& [id, state] : lanes_) state.lane = {};
  couriers_.clear();
  runs_.clear();
  kernels_.clear();
  if (handovers_ != nullptr) leave_shared_memory();
  // A copying transport may write into a slot until it is closed, also when the wait for it was cancelled.
  endpoints_.reset();
  slots_.reset();
  lanes_.clear();
}

void Executor::leave_shared_memory() {
  handovers_->close();
  slots_->give_back_foreign();
  handovers_->leave();
  if (!handovers_->await_readers(deadline_after(kPatienceWithReaders))) slots_->keep_exported();
}

std::optional<Error> Executor::failure() const {
  const std::scoped_lock lock(failing_);
  return failure_;
}

/// `run`: the one that the step is launched with, whose other steps are none to wait for.
void Executor::wait_for_lanes(const Step& step, LaneHandle& lane, uint64_t round, int32_t run) {
  for (const Wait& wait : step.waits) {
    if (wait.by != Wait::By::lane) continue;
    if (run >= 0 && wait.rounds == 0 && captured_[wait.from] == run) continue;
    const int64_t awaited = static_cast<int64_t>(round) - wait.rounds;
    if (awaited < 0) continue;
    const Step& from = plan_.steps[wait.from];
    LaneState& state = lanes_.at(static_cast<uint32_t>(from.lane));
    lane.wait(state.done, static_cast<uint64_t>(awaited) * state.steps + from.position + 1);
  }
}

uint64_t Executor::bytes_of(uint32_t ring, int64_t execution) const {
  const auto known = stretto::bytes_of(plan_.values[plan_.rings[ring].value].spec.dtype,
                                       plan_.values[plan_.rings[ring].value].spec.shape);
  return known ? *known : notes_.get(ring, execution).bytes;
}

/// Of a stream-ordered channel, on the step's lane.
void Executor::transfer(const Step& step, LaneState& state, int64_t execution) {
  EndHandle& end = endpoints_->end(static_cast<uint32_t>(step.channel));
  const bool sends = step.kind == StepKind::send;
  const uint32_t ring = sends ? step.inputs.front() : step.results.front();
  if (sends)
    end.lane_send(state.lane.native(), slots_->at(ring, execution), bytes_of(ring, execution));
  else
    end.lane_receive(state.lane.native(), slots_->at(ring, execution), bytes_of(ring, execution));
}

/// This member's part, on its lane.
void Executor::collect(const Step& step, LaneState& state, int64_t execution) {
  const auto& node = plan_.nodes[static_cast<size_t>(step.node)];
  endpoints_->collective(static_cast<uint32_t>(node.collective))
      .lane_collective(state.lane.native(), step.inputs.empty() ? nullptr : slots_->at(step.inputs.front(), execution),
                       slots_->at(step.results.front(), execution));
}

uint32_t Executor::board_of(const PlanNode& member) const {
  return boards_[static_cast<size_t>(member.collective)] + member.member;
}

/// One poisoned input poisons all results: the first in the order of the set, so that every member says the same. The
/// members that have an input post its note; waits for those.
void Executor::settle_collective(const Step& step, int64_t execution) {
  const auto& node = plan_.nodes[static_cast<size_t>(step.node)];
  const auto& collective = plan_.collectives[static_cast<size_t>(node.collective)];
  const Spec& spec = plan_.values[node.results.front()].spec;
  Note result = make_note(execution, spec.dtype, spec.shape);
  for (const uint32_t member : collective.nodes) {
    if (compiling::values_read(plan_.nodes[member], plan_.collectives).empty()) continue;
    const Note note = page_->await_settled(board_of(plan_.nodes[member]), execution);
    if (!note.ok() && result.ok()) result = make_poison(note, spec);
  }
  notes_.settle(step.results.front(), result);
}

void Executor::record(LaneState& state, const StepTrace& run) {
  if (state.recording.on()) state.recording.add(run);
  const double seconds = static_cast<double>(run.end - run.begin) * 1e-9;
  StepTimes& times = times_[run.step];
  times.minimum = times.count == 0 ? seconds : std::min(times.minimum, seconds);
  times.maximum = std::max(times.maximum, seconds);
  times.total += seconds;
  ++times.count;
}

std::vector<std::byte> Executor::packed_traces() const {
  std::vector<std::byte> bytes;
  for (const auto& [id, state] : lanes_)
    if (state.recording.on()) pack(id, state.recording, bytes);
  return bytes;
}

}  // namespace stretto
