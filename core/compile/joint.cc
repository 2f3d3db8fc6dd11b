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
