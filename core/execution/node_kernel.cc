// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/node_kernel.h"

#include <fmt/format.h>

namespace stretto {

namespace {

/// Errors of an op that are not the op's own: they end the actor, not the execution.
bool ends_actor(Code code) { return code == Code::cancelled || code == Code::disconnected; }

std::string edges_of(const Plan& plan, uint32_t value) {
  std::string names;
  for (const auto& channel : plan.channels)
    if (channel.value == value) names += (names.empty() ? "" : ", ") + channel.name;
  return names.empty() ? plan.values[value].name + " (local)" : names;
}

}  // namespace

NodeKernel::NodeKernel(const Plan& plan, const Step& step, Catalogue& catalogue, const stretto_native& lane,
                       DeviceHandle& device, Slots& slots, Notes& notes, ControlPage& page)
    : plan_(plan),
      step_(step),
      node_(plan.nodes[static_cast<size_t>(step.node)]),
      device_(device),
      slots_(slots),
      notes_(notes),
      page_(page),
      blocking_(device.blocking()),
      lane_(lane),
      failures_(plan.inflight + 1ULL) {
  const ComponentUse& use = plan.components[node_.ops];
  std::vector<Spec> specs;
  for (uint32_t value : node_.inputs) specs.push_back(plan.values[value].spec);
  const OpHandle op = OpHandle::find(catalogue.find_ops(use.name, use.variant), node_.op);
  capturable_ = (op.raw().flags & STRETTO_OP_CAPTURABLE) != 0;
  kernel_ = op.prepare(specs, node_.port_counts, node_.args, lane, {node_.member, node_.member_count});
  if (node_.workspace_bytes > 0) workspace_ = device.allocate(node_.workspace_bytes);
  inputs_.resize(step.inputs.size());
  results_.resize(step.results.size());
  for (auto& tensor : inputs_) input_pointers_.push_back(&tensor);
  for (auto& tensor : results_) result_pointers_.push_back(&tensor);
}

NodeKernel::~NodeKernel() {
  kernel_ = {};
  if (workspace_ != nullptr) device_.free(workspace_);
}

void NodeKernel::run(int64_t execution) {
  bool settled = true;
  bool healthy = true;
  for (uint32_t ring : step_.inputs) {
    const Note note = notes_.get(ring, execution);
    const bool known = notes_.settled(ring, execution);
    if (known && !note.ok()) return poison(note);
    settled = settled && known;
    healthy = healthy && note.ok();
  }
  std::optional<Failure> failure;
  if (healthy) failure = attempt(execution);
  if (failure && settled) return poison(record(*failure, execution));
  if (failure || !healthy) {
    failures_[static_cast<uint64_t>(execution) % failures_.size()] = std::move(failure);
    for (size_t i = 0; i < step_.results.size(); ++i) notes_.shape(step_.results[i], doubtful_note(i, execution));
    return;
  }
  for (size_t i = 0; i < step_.results.size(); ++i) {
    const Note note = note_of_result(i, execution);
    if (blocking_ && settled)
      notes_.settle(step_.results[i], note);
    else
      notes_.shape(step_.results[i], note);
  }
}

std::optional<NodeKernel::Failure> NodeKernel::attempt(int64_t execution) {
  try {
    launch(execution);
  } catch (const Error& error) {
    if (ends_actor(error.code())) throw;
    const std::string text = error.code() == Code::overloaded ? too_large(execution) : std::string();
    return Failure{error.code(), text.empty() ? error.what() : text};
  }
  for (size_t i = 0; i < step_.results.size(); ++i) {
    const Note note = note_of_result(i, execution);
    const PlanValue& value = plan_.values[node_.results[i]];
    const Shape shape(note.shape, note.shape + note.rank);
    if (value.static_shape && shape != value.spec.shape)
      return Failure{Code::invalid_argument,
                     fmt::format("static edge {}: the value has shape {}, expected {}; drop static_shape, or make the "
                                 "shape right",
                                 edges_of(plan_, node_.results[i]), to_text(shape), to_text(value.spec.shape))};
  }
  return std::nullopt;
}

Note NodeKernel::record(const Failure& failure, int64_t execution) {
  return page_.record_error(static_cast<uint32_t>(step_.lane), execution, step_.node, failure.code, failure.text);
}

Note NodeKernel::doubtful_note(size_t index, int64_t execution) const {
  Note doubt;
  doubt.execution = execution;
  doubt.code = static_cast<int32_t>(Code::cancelled);
  return make_poison(doubt, plan_.values[node_.results[index]].spec);
}

void NodeKernel::enqueue(int64_t phase) {
  if (!capturable_)
    throw Error(Code::internal, fmt::format("node {}: the plan captures the op {}, which is not capturable here; "
                                            "compile the job again",
                                            node_.name, node_.op));
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const Spec& spec = plan_.values[node_.inputs[i]].spec;
    take_input(i, make_note(phase, spec.dtype, spec.shape));
  }
  launch_on_inputs(phase);
}

bool NodeKernel::pass(int64_t execution) {
  for (const uint32_t ring : step_.inputs)
    if (!notes_.get(ring, execution).ok()) return false;
  for (size_t i = 0; i < step_.results.size(); ++i) {
    const Spec& spec = plan_.values[node_.results[i]].spec;
    notes_.shape(step_.results[i], make_note(execution, spec.dtype, spec.shape));
  }
  return true;
}

void NodeKernel::take_input(size_t index, const Note& note) {
  const uint32_t ring = step_.inputs[index];
  inputs_[index] = {sizeof(stretto_tensor),      note.dtype, note.rank, 0, {}, slots_.at(ring, note.execution),
                    plan_.rings[ring].slot_bytes};
  std::copy(note.shape, note.shape + STRETTO_MAX_RANK, inputs_[index].shape);
}

void NodeKernel::launch(int64_t execution) {
  for (size_t i = 0; i < inputs_.size(); ++i) take_input(i, notes_.get(step_.inputs[i], execution));
  launch_on_inputs(execution);
}

void NodeKernel::launch_on_inputs(int64_t execution) {
  for (size_t i = 0; i < results_.size(); ++i) {
    const uint32_t ring = step_.results[i];
    const Spec& spec = plan_.values[node_.results[i]].spec;
    results_[i] = {sizeof(stretto_tensor),
                   spec.dtype.raw(),
                   static_cast<int32_t>(spec.shape.size()),
                   0,
                   {},
                   slots_.at(ring, execution),
                   plan_.rings[ring].slot_bytes};
    std::copy(spec.shape.begin(), spec.shape.end(), results_[i].shape);
  }
  const stretto_launch raw{sizeof(stretto_launch),
                           static_cast<uint32_t>(inputs_.size()),
                           static_cast<uint32_t>(results_.size()),
                           0,
                           execution,
                           &lane_,
                           input_pointers_.data(),
                           result_pointers_.data(),
                           workspace_};
  kernel_.launch(raw);
}

void NodeKernel::poison(const Note& cause) {
  for (size_t i = 0; i < step_.results.size(); ++i)
    notes_.settle(step_.results[i], make_poison(cause, plan_.values[node_.results[i]].spec));
}

Note NodeKernel::note_of_result(size_t index, int64_t execution) const {
  const stretto_tensor& tensor = results_[index];
  return make_note(execution, DType(tensor.dtype), {tensor.shape, static_cast<size_t>(tensor.rank)});
}

std::string NodeKernel::too_large(int64_t execution) const {
  for (size_t i = 0; i < results_.size(); ++i) {
    const Note note = note_of_result(i, execution);
    if (note.bytes > results_[i].capacity)
      return fmt::format("edge {}: the value needs {} bytes (shape {}), its max_bytes is {}; raise channel.max_bytes",
                         edges_of(plan_, node_.results[i]), note.bytes,
                         to_text(std::span<const int64_t>(note.shape, static_cast<size_t>(note.rank))),
                         plan_.values[node_.results[i]].spec.max_bytes);
  }
  return {};
}

void NodeKernel::settle(int64_t execution) {
  if (step_.results.empty() || notes_.settled(step_.results.front(), execution)) return;
  for (uint32_t ring : step_.inputs) {
    const Note note = notes_.get(ring, execution);
    if (!note.ok()) return poison(note);
  }
  if (const auto& failure = failures_[static_cast<uint64_t>(execution) % failures_.size()];
      !notes_.get(step_.results.front(), execution).ok() && failure)
    return poison(record(*failure, execution));
  for (uint32_t ring : step_.results) notes_.settle(ring, notes_.get(ring, execution));
}

}  // namespace stretto
