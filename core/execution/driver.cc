// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/driver.h"

#include "compile/predict/blank_rounds.h"

#include <cstring>
#include <fmt/format.h>
#include <thread>

namespace stretto {

namespace {

stretto_native host_native() { return {sizeof(stretto_native), 0, "host", 0, 0}; }

}  // namespace

Driver::Driver(std::shared_ptr<const Plan> plan, Catalogue& catalogue, std::shared_ptr<ControlPage> page)
    : plan_(std::move(plan)),
      page_(std::move(page)),
      max_offset_(plan_->max_offset()),
      looks_ahead_(compiling::looks_ahead(*plan_)) {
  static const stretto_native native = host_native();
  endpoints_ = std::make_unique<Endpoints>(*plan_, plan_->driver(), catalogue, page_, native, nullptr);
  slots_ = std::make_unique<Slots>(*plan_, plan_->driver(), nullptr, *endpoints_);
  for (const PlanOutput& output : plan_->outputs)
    for (const auto& field : output.fields) {
      output_channels_.insert(field.channel);
      for (const auto& reader : plan_->channels[field.channel].readers)
        if (reader.actor == plan_->driver()) output_rings_[field.channel] = reader.ring;
    }
}

void Driver::check_alive() const {
  if (death_) throw Error(*death_);
}

/// What a transport says of an end is less than what the watch says of it, and may come a moment sooner.
Error Driver::translate(const Error& error, std::unique_lock<std::mutex>& lock) {
  constexpr std::chrono::seconds kMoment{1};
  if (error.code() == Code::disconnected) changed_.wait_for(lock, kMoment, [&] { return death_.has_value(); });
  return death_ && (error.code() == Code::cancelled || error.code() == Code::disconnected) ? *death_ : error;
}

Driver::Result& Driver::at(int64_t execution) {
  const auto found = results_.find(execution);
  if (found == results_.end() || found->second.phase == Phase::over)
    throw Error(Code::invalid_argument, fmt::format("the result of execution {} has been taken already", execution));
  return found->second;
}

void Driver::publish(int64_t execution) {
  // A round's entry is reused kRounds later. The window keeps lanes far closer than that; a lane that has been starved
  // of its core for so long is waited for.
  const auto behind = [&] {
    const uint64_t round = page_->rounds();
    if (round < ControlPage::kRounds) return false;
    for (uint32_t lane = 0; lane < plan_->lanes.size(); ++lane)
      if (page_->completed(lane) < (round - ControlPage::kRounds + 1) * plan_->lanes[lane].steps.size()) return true;
    return false;
  };
  while (behind() && !page_->aborted()) std::this_thread::yield();
  page_->publish(execution);
}

/// The rounds that are missing before `execution` can end. Those submitted after it have brought some: blank ones in
/// their place would part executions that the schedule runs side by side.
void Driver::drain_for(int64_t execution) {
  const int32_t wanted = compiling::blank_rounds(max_offset_, looks_ahead_, submitted_ - 1 - execution);
  for (; max_offset_ - undrained_ < wanted; --undrained_) publish(-1);
}

void Driver::check_inputs(const std::vector<TensorSpan>& inputs) const {
  if (inputs.size() != plan_->inputs.size())
    throw Error(Code::invalid_argument,
                fmt::format("execute got {} inputs, the graph has {}", inputs.size(), plan_->inputs.size()));
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Spec& spec = plan_->values[plan_->inputs[i].value].spec;
    const auto bytes = bytes_of(inputs[i].dtype, inputs[i].shape);
    bool fits = inputs[i].dtype == spec.dtype && inputs[i].shape.size() == spec.shape.size() && bytes.has_value();
    for (size_t d = 0; fits && d < spec.shape.size(); ++d)
      fits = spec.shape[d] < 0 || spec.shape[d] == inputs[i].shape[d];
    if (!fits || *bytes != inputs[i].bytes)
      throw Error(Code::invalid_argument,
                  fmt::format("input '{}' got {}{} of {} bytes, expected {}", plan_->inputs[i].name,
                              to_text(inputs[i].dtype), to_text(inputs[i].shape), inputs[i].bytes, to_text(spec)));
    if (*bytes > spec.max_bytes)
      throw Error(Code::overloaded,
                  fmt::format("input '{}' (edge {}) needs {} bytes, its max_bytes is {}", plan_->inputs[i].name,
                              plan_->channels[plan_->inputs[i].channels.at(0)].name, *bytes, spec.max_bytes));
  }
}

/// Waits until `execution` may be submitted: the window has room, and no view holds a slot that it needs.
void Driver::make_room(int64_t execution, std::unique_lock<std::mutex>& lock, Deadline deadline) {
  const int64_t last = execution - static_cast<int64_t>(plan_->inflight);
  if (last >= 0) {
    try {
      arrive_through(last, lock, deadline);
    } catch (const Error& error) {
      if (error.code() != Code::timed_out) throw;
      throw Error(
          Code::overloaded,
          fmt::format("{} executions are under way, as many as `inflight` allows, and execution {} has not ended "
                      "by the deadline",
                      plan_->inflight, last));
    }
    const auto found = results_.find(last);
    if (found != results_.end() && found->second.phase == Phase::arrived) copy_out(last, found->second);
  }
  for (const auto& [channel, ring] : output_rings_) {
    const auto slots = static_cast<int64_t>(slots_of(*plan_, plan_->channels[channel]));
    const auto holder = [&]() -> int64_t {
      for (const auto& [other, result] : results_)
        if (result.phase == Phase::leased && (execution - other) % slots == 0) return other;
      return -1;
    };
    const auto free = [&] { return death_ || holder() < 0; };
    const bool in_time =
        deadline == Deadline::max() ? (changed_.wait(lock, free), true) : changed_.wait_until(lock, deadline, free);
    check_alive();
    if (!in_time)
      throw Error(Code::overloaded,
                  fmt::format("execution {} needs a slot of {} that a view of execution {} holds: destroy the view",
                              execution, plan_->channels[channel].name, holder()));
  }
}

std::vector<TensorSpan> Driver::loan(Deadline deadline) {
  std::unique_lock lock(mutex_);
  check_alive();
  if (closed_) throw Error(Code::cancelled, "the plan is closed");
  make_room(submitted_, lock, deadline);
  std::vector<TensorSpan> spans;
  for (const PlanInput& input : plan_->inputs) {
    const Spec& spec = plan_->values[input.value].spec;
    if (spec.dynamic())
      throw Error(Code::invalid_argument, fmt::format("input '{}' is dynamic and cannot be loaned", input.name));
    const uint32_t channel = input.channels.at(0);
    try {
      endpoints_->end(channel).acquire(submitted_, deadline);
    } catch (const Error& error) {
      throw translate(error, lock);
    }
    spans.push_back({spec.dtype, spec.shape,
                     static_cast<std::byte*>(slots_->at(plan_->channels[channel].ring, submitted_)), spec.max_bytes});
  }
  loaned_ = true;
  return spans;
}

int64_t Driver::execute(const std::vector<TensorSpan>& inputs, Deadline deadline) {
  std::unique_lock lock(mutex_);
  check_alive();
  if (closed_) throw Error(Code::cancelled, "the plan is closed");
  const bool in_place = loaned_ && inputs.empty() && !plan_->inputs.empty();
  if (!in_place) check_inputs(inputs);
  make_room(submitted_, lock, deadline);
  const int64_t execution = submitted_;
  try {
    // All slots first: a deadline that passes leaves nothing half-sent.
    for (const PlanInput& input : plan_->inputs)
      for (uint32_t channel : input.channels) endpoints_->end(channel).acquire(execution, deadline);
    for (size_t i = 0; i < plan_->inputs.size(); ++i) {
      const PlanInput& input = plan_->inputs[i];
      const Spec& spec = plan_->values[input.value].spec;
      const void* loaned = slots_->at(plan_->channels[input.channels.at(0)].ring, execution);
      const void* from = in_place ? loaned : inputs[i].data;
      const Note note = make_note(execution, spec.dtype, in_place ? spec.shape : inputs[i].shape);
      for (uint32_t channel : input.channels) {
        void* to = slots_->at(plan_->channels[channel].ring, execution);
        if (to != from && note.bytes > 0) std::memcpy(to, from, note.bytes);
        endpoints_->send(channel, note);
      }
    }
  } catch (const Error& error) {
    throw translate(error, lock);
  }
  loaned_ = false;
  results_[execution];
  ++submitted_;
  undrained_ = max_offset_;
  publish(execution);
  return execution;
}

/// Waits until all outputs of all executions up to this one are here.
void Driver::arrive_through(int64_t execution, std::unique_lock<std::mutex>& lock, Deadline deadline) {
  while (arrived_ <= execution) {
    check_alive();
    if (receiving_) {  // another thread is at it
      const auto moved = [&] { return !receiving_ || death_; };
      const bool in_time =
          deadline == Deadline::max() ? (changed_.wait(lock, moved), true) : changed_.wait_until(lock, deadline, moved);
      if (!in_time) throw Error(Code::timed_out, fmt::format("execution {} has not ended by the deadline", execution));
      continue;
    }
    drain_for(arrived_);
    arrive(arrived_, lock, deadline);
  }
}

void Driver::arrive(int64_t execution, std::unique_lock<std::mutex>& lock, Deadline deadline) {
  Result& result = results_.at(execution);
  receiving_ = true;
  std::optional<Error> failure;
  for (uint32_t channel : output_channels_) {
    if (result.notes.contains(channel)) continue;
    lock.unlock();
    std::optional<Note> note;
    try {
      note = endpoints_->receive(channel, execution, deadline);
    } catch (const Error& error) {
      failure = error;
    }
    lock.lock();
    if (failure) break;
    result.notes[channel] = *note;
  }
  receiving_ = false;
  changed_.notify_all();
  check_alive();
  if (failure && failure->code() == Code::timed_out)
    throw Error(Code::timed_out, fmt::format("execution {} has not ended by the deadline", execution));
  if (failure) throw translate(*failure, lock);
  settle(execution, result);
  ++arrived_;
}

/// All notes are here: a value, or the error of the first failing node in written order.
void Driver::settle(int64_t execution, Result& result) {
  const Note* first = nullptr;
  for (const auto& [channel, note] : result.notes)
    if (!note.ok() && (first == nullptr || note.node < first->node)) first = &note;
  result.phase = Phase::arrived;
  if (first != nullptr) {
    const PlanNode& node = plan_->nodes.at(static_cast<size_t>(first->node));
    const ComponentUse& ops = plan_->components[node.ops];
    result.error = Error(static_cast<Code>(first->code),
                         fmt::format("execution {}: node '{}' ({}.{}) on actor '{}': {}", execution, node.name,
                                     ops.name, node.op, plan_->actors[node.actor].name, page_->error_text(*first)));
    give_back(execution);
    result.phase = Phase::copied;
  }
  if (!result.dropped) return;
  if (result.phase == Phase::arrived) give_back(execution);
  results_.erase(execution);
}

void Driver::give_back(int64_t execution) {
  for (uint32_t channel : output_channels_) endpoints_->release_now(channel, execution);
  changed_.notify_all();
}

TensorSpan Driver::span_of(const PlanOutput::Field& field, int64_t execution, const Result& result) const {
  const Note& note = result.notes.at(field.channel);
  return {DType(note.dtype), Shape(note.shape, note.shape + note.rank),
          static_cast<std::byte*>(slots_->at(output_rings_.at(field.channel), execution)), note.bytes};
}

void Driver::copy_out(int64_t execution, Result& result) {
  for (const PlanOutput& output : plan_->outputs)
    for (const auto& field : output.fields) {
      const TensorSpan span = span_of(field, execution, result);
      result.copies.push_back({span.dtype, span.shape, {span.data, span.data + span.bytes}});
    }
  give_back(execution);
  result.phase = Phase::copied;
}

std::vector<Tensor> Driver::get(int64_t execution, Deadline deadline) {
  std::unique_lock lock(mutex_);
  at(execution);
  // An execution that ended before the plan died keeps its result.
  if (arrived_ <= execution) arrive_through(execution, lock, deadline);
  for (auto& [earlier, result] : results_)
    if (earlier < execution && result.phase == Phase::arrived) copy_out(earlier, result);
  Result& result = at(execution);
  if (result.phase == Phase::leased)
    throw Error(Code::invalid_argument, fmt::format("the result of execution {} is held as a view", execution));
  if (result.phase == Phase::arrived) copy_out(execution, result);
  Result taken = std::move(result);
  results_.erase(execution);
  if (taken.error) throw Error(*taken.error);
  return std::move(taken.copies);
}

std::vector<TensorSpan> Driver::lease(int64_t execution, Deadline deadline) {
  std::unique_lock lock(mutex_);
  at(execution);
  if (arrived_ <= execution) arrive_through(execution, lock, deadline);
  Result& result = at(execution);
  if (result.error) {
    const Error error = *result.error;
    results_.erase(execution);
    throw Error(error);
  }
  std::vector<TensorSpan> spans;
  if (result.phase == Phase::copied) {  // the window has moved it already: the view is of the copy
    for (Tensor& tensor : result.copies)
      spans.push_back({tensor.dtype, tensor.shape, tensor.bytes.data(), tensor.bytes.size()});
    return spans;
  }
  for (const PlanOutput& output : plan_->outputs)
    for (const auto& field : output.fields) spans.push_back(span_of(field, execution, result));
  result.phase = Phase::leased;
  return spans;
}

void Driver::release(int64_t execution) {
  const std::scoped_lock lock(mutex_);
  const auto found = results_.find(execution);
  if (found == results_.end()) return;
  if (found->second.phase == Phase::leased) give_back(execution);
  results_.erase(found);
  changed_.notify_all();
}

void Driver::drop(int64_t execution) {
  const std::scoped_lock lock(mutex_);
  const auto found = results_.find(execution);
  if (found == results_.end() || found->second.phase == Phase::leased) return;
  if (found->second.phase == Phase::pending) {
    found->second.dropped = true;
    return;
  }
  if (found->second.phase == Phase::arrived) give_back(execution);
  results_.erase(found);
}

void Driver::collect(Deadline deadline) {
  std::unique_lock lock(mutex_);
  try {
    if (submitted_ > 0) arrive_through(submitted_ - 1, lock, deadline);
  } catch (const Error&) {  // whoever asks for the result is told
  }
  for (auto& [execution, result] : results_)
    if (result.phase == Phase::arrived) copy_out(execution, result);
}

void Driver::close() {
  const std::scoped_lock lock(mutex_);
  if (closed_) return;
  closed_ = true;
  drain_for(submitted_ - 1);
  page_->publish_last();
}

void Driver::kill(const Error& why) {
  const std::scoped_lock lock(mutex_);
  if (!death_) death_ = why;
  endpoints_->abort();
  changed_.notify_all();
}

std::optional<Error> Driver::death() const {
  const std::scoped_lock lock(mutex_);
  return death_;
}

}  // namespace stretto
