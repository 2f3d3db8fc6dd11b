// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/joint.h"

namespace stretto::compiling {

std::span<const uint32_t> values_read(const PlanNode& node, const std::vector<PlanCollective>& collectives) {
  const std::span all(node.inputs.begin(), node.inputs.size());
  if (node.collective < 0) return all;
  const auto& collective = collectives[static_cast<uint32_t>(node.collective)];
  if (collective.transport < 0) return all;
  if (collective.kind == STRETTO_BROADCAST) return node.member == collective.root ? all : all.first(0);
  return all.subspan(node.member, 1);
}

int32_t ordering_transport(const Plan& plan, const Step& step) {
  if (step.channel >= 0) {
    const auto& channel = plan.channels[static_cast<uint32_t>(step.channel)];
    return channel.global_order ? static_cast<int32_t>(channel.transport) : -1;
  }
  if (step.kind != StepKind::collective) return -1;
  const auto& node = plan.nodes[static_cast<uint32_t>(step.node)];
  const auto& collective = plan.collectives[static_cast<uint32_t>(node.collective)];
  return collective.global_order ? collective.transport : -1;
}

std::span<const uint32_t> group_of(const Plan& plan, uint32_t number) {
  const auto& step = plan.steps[number];
  if (step.lane < 0) return {};
  const std::span steps(plan.lanes[static_cast<uint32_t>(step.lane)].steps);
  const auto with = [&](size_t position) { return step.group >= 0 && plan.steps[steps[position]].group == step.group; };
  size_t first = step.position, end = step.position + 1;
  while (first > 0 && with(first - 1)) --first;
  while (end < steps.size() && with(end)) ++end;
  return steps.subspan(first, end - first);
}

bool awaits_size(const Plan& plan, uint32_t number) {
  const auto& step = plan.steps[number];
  if (step.kind != StepKind::receive || !plan.actors[step.actor].blocking) return false;
  const auto& channel = plan.channels[static_cast<uint32_t>(step.channel)];
  return channel.stream_ordered && plan.values[channel.value].spec.dynamic();
}

CollectiveInfo info_of(uint32_t number, const PlanCollective& collective, const std::vector<PlanNode>& nodes,
                       const std::vector<PlanValue>& values) {
  const auto& input = values[nodes[collective.nodes.front()].inputs.front()].spec;
  CollectiveInfo info{number,
                      static_cast<stretto_collective_kind>(collective.kind),
                      collective.reduction,
                      input.dtype,
                      collective.root,
                      *bytes_of(input.dtype, input.shape) / input.dtype.bytes(),
                      {},
                      collective.name};
  for (const uint32_t node : collective.nodes) info.members.push_back(nodes[node].actor);
  return info;
}

}  // namespace stretto::compiling
