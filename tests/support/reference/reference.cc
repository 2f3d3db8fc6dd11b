// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "reference.h"

#include <algorithm>

namespace stretto::testing {
namespace {

// What the edge allows, beyond what the op computes.
void check_limits(const NodeSpec& node, const NamedTensors& values) {
  const auto limit = node.args.find("max_bytes");
  for (const auto& [name, tensor] : values) {
    const uint64_t bytes = tensor.bytes.size();
    if (node.op == "tensor.fill" && limit != node.args.end() && static_cast<double>(bytes) > number(limit->second))
      throw Refusal(std::to_string(bytes));
    if (node.channel.max_bytes && bytes > *node.channel.max_bytes) throw Refusal(std::to_string(bytes));
    if (node.channel.static_shape && node.channel.shape && tensor.shape != *node.channel.shape)
      throw Refusal(stretto::to_text(tensor.shape));
  }
}

}  // namespace

const Tensor& Reference::read(const ValueRef& value, const std::vector<Tensor>& inputs,
                              const std::vector<NodeResult>& results) const {
  if (value.from == ValueRef::From::input) return inputs.at(value.index);
  const auto& values = results.at(value.index).values;
  if (value.result.empty()) {
    if (values.size() != 1) throw std::logic_error("node " + graph_.nodes[value.index].name + " has several results");
    return values[0].second;
  }
  for (const auto& [name, tensor] : values)
    if (name == value.result || values.size() == 1) return tensor;
  throw std::logic_error("node " + graph_.nodes[value.index].name + " has no result " + value.result);
}

Reference::NodeResult Reference::compute(uint32_t index, const std::vector<Tensor>& inputs,
                                         const std::vector<NodeResult>& results) {
  const NodeSpec& node = graph_.nodes[index];
  Invocation call;
  call.execution = execution_;
  call.args = &node.args;
  call.state = &states_[index];
  for (const auto& collective : graph_.collectives)
    if (index >= collective.first && index - collective.first < collective.count) {
      call.member = index - collective.first;
      call.members = collective.count;
    }
  for (const auto& binding : node.inputs)
    for (const auto& value : binding.values) {
      if (value.from == ValueRef::From::node && results.at(value.index).poisoned) return {true, {}};
      call.inputs[binding.port].push_back(&read(value, inputs, results));
    }
  auto values = invoke(node.op, call);
  check_limits(node, values);
  return {false, std::move(values)};
}

Outcome Reference::run(const std::vector<Tensor>& inputs) {
  Outcome outcome;
  std::vector<NodeResult> results;
  for (uint32_t i = 0; i < graph_.nodes.size(); ++i) try {
      results.push_back(compute(i, inputs, results));
    } catch (const Refusal& refusal) {
      outcome.failures.push_back({graph_.nodes[i].name, refusal.what()});
      results.push_back({true, {}});
    }
  ++execution_;
  if (!outcome.failures.empty()) return outcome;
  for (const auto& output : graph_.outputs)
    for (const auto& field : output.fields) {
      if (field.value.result == "*")
        for (const auto& [name, tensor] : results.at(field.value.index).values) outcome.outputs.push_back(tensor);
      else
        outcome.outputs.push_back(read(field.value, inputs, results));
    }
  return outcome;
}

}  // namespace stretto::testing
