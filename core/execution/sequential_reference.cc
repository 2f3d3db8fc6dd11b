// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/sequential_reference.h"

#include "execution/host_memory.h"
#include "loader/handles.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace stretto {

struct SequentialReference::Value {
  HostMemory memory;
  stretto_tensor tensor{};
  bool poisoned = false;
};

struct SequentialReference::Node {
  const PlanNode* node;
  KernelHandle kernel;
  HostMemory workspace;
};

namespace {

stretto_native host_lane() { return {sizeof(stretto_native), 0, "host", 0, 0}; }

/// Producers first, and stateful nodes of one actor as they were written.
std::vector<uint32_t> producers_first(const Plan& plan) {
  std::vector<uint32_t> order;
  std::vector<bool> placed(plan.nodes.size(), false);
  // Written order nearly always has producers first; where it does not, another sweep finds what is left.
  while (order.size() < plan.nodes.size()) {
    const size_t before = order.size();
    for (uint32_t n = 0; n < plan.nodes.size(); ++n) {
      const auto made = [&](uint32_t value) {
        return plan.values[value].node < 0 || placed[static_cast<size_t>(plan.values[value].node)];
      };
      if (placed[n] || !std::all_of(plan.nodes[n].inputs.begin(), plan.nodes[n].inputs.end(), made)) continue;
      placed[n] = true;
      order.push_back(n);
    }
    if (order.size() == before) throw Error(Code::invalid_argument, "the plan's nodes form a cycle");
  }
  return order;
}

void describe(const Spec& spec, const Shape& shape, stretto_tensor& tensor) {
  tensor.size = sizeof tensor;
  tensor.dtype = spec.dtype.raw();
  tensor.rank = static_cast<int32_t>(shape.size());
  std::copy(shape.begin(), shape.end(), tensor.shape);
}

/// The arguments that the host's op has too: a device's own (how it multiplies, what it may use) say nothing here.
Arguments for_host(const PlanNode& node, const stretto_op& op) {
  Arguments shared;
  for (uint32_t i = 0; i < op.arg_count; ++i)
    if (const auto found = node.args.find(op.args[i]->name); found != node.args.end()) shared.insert(*found);
  return check_arguments(shared, op.args, op.arg_count, "argument of op '" + node.op + "'", node.source);
}

Shape shape_of(const stretto_tensor& tensor) { return {tensor.shape, tensor.shape + tensor.rank}; }

}  // namespace

SequentialReference::SequentialReference(const Plan& plan, Catalogue& catalogue)
    : plan_(plan), values_(plan.values.size()) {
  static const stretto_native lane = host_lane();
  for (size_t v = 0; v < values_.size(); ++v) {
    values_[v].memory = allocate_host(plan.values[v].spec.max_bytes);
    values_[v].tensor.data = values_[v].memory.get();
    values_[v].tensor.capacity = plan.values[v].spec.max_bytes;
  }
  for (const uint32_t n : producers_first(plan)) {
    const PlanNode& node = plan.nodes[n];
    std::vector<Spec> specs;
    for (const uint32_t value : node.inputs) specs.push_back(plan.values[value].spec);
    const OpHandle op = OpHandle::find(catalogue.find_ops(plan.components[node.ops].name, "host"), node.op);
    const Arguments args = for_host(node, op.raw());
    const Membership membership{node.member, node.member_count};
    nodes_.push_back({&node, op.prepare(specs, node.port_counts, args, lane, membership),
                      allocate_host(op.infer(specs, node.port_counts, args, membership).workspace_bytes)});
  }
}

SequentialReference::~SequentialReference() = default;

void SequentialReference::compute(Node& node, int64_t execution) {
  static const stretto_native lane = host_lane();
  std::vector<const stretto_tensor*> inputs;
  std::vector<stretto_tensor*> results;
  for (const uint32_t value : node.node->inputs) inputs.push_back(&values_[value].tensor);
  for (const uint32_t value : node.node->results) {
    describe(plan_.values[value].spec, plan_.values[value].spec.shape, values_[value].tensor);
    results.push_back(&values_[value].tensor);
  }
  node.kernel.launch({sizeof(stretto_launch), static_cast<uint32_t>(inputs.size()),
                      static_cast<uint32_t>(results.size()), 0, execution, &lane, inputs.data(), results.data(),
                      node.workspace.get()});
  for (const uint32_t value : node.node->results)
    if (plan_.values[value].static_shape && shape_of(values_[value].tensor) != plan_.values[value].spec.shape)
      throw Error(Code::invalid_argument,
                  fmt::format("the value '{}' has shape {}, expected {}", plan_.values[value].name,
                              to_text(shape_of(values_[value].tensor)), to_text(plan_.values[value].spec.shape)));
}

std::vector<Tensor> SequentialReference::run(const std::vector<TensorSpan>& inputs) {
  const int64_t execution = next_++;
  for (size_t i = 0; i < plan_.inputs.size(); ++i) {
    Value& value = values_[plan_.inputs[i].value];
    describe(plan_.values[plan_.inputs[i].value].spec, inputs.at(i).shape, value.tensor);
    if (inputs[i].bytes > value.tensor.capacity)
      throw Error(Code::overloaded, fmt::format("input '{}' needs {} bytes, its max_bytes is {}", plan_.inputs[i].name,
                                                inputs[i].bytes, value.tensor.capacity));
    if (inputs[i].bytes != 0) std::memcpy(value.memory.get(), inputs[i].data, inputs[i].bytes);
  }
  std::optional<Error> first;
  for (Node& node : nodes_) {
    const auto& reads = node.node->inputs;
    bool poisoned = std::any_of(reads.begin(), reads.end(), [&](uint32_t value) { return values_[value].poisoned; });
    if (!poisoned) try {
        compute(node, execution);
      } catch (const Error& error) {
        poisoned = true;
        if (!first)
          first =
              Error(error.code(), fmt::format("execution {}: node '{}': {}", execution, node.node->name, error.what()));
      }
    for (const uint32_t value : node.node->results) values_[value].poisoned = poisoned;
  }
  if (first) throw Error(*first);
  std::vector<Tensor> outputs;
  for (const PlanOutput& output : plan_.outputs)
    for (const auto& field : output.fields) {
      const Value& value = values_[field.value];
      const auto bytes = bytes_of(DType(value.tensor.dtype), shape_of(value.tensor));
      outputs.push_back(
          {DType(value.tensor.dtype), shape_of(value.tensor), {value.memory.get(), value.memory.get() + *bytes}});
    }
  return outputs;
}

}  // namespace stretto
