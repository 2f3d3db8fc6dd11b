// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Steps that are one transition: of a collective that a transport does, and of a group.

#include "stretto/plan.h"
#include "stretto/transport.h"

#include <span>

namespace stretto::compiling {

/// The values that the node's own step reads: all its inputs, or of a collective that a transport does the member's own
/// one, which a broadcast has at its root alone.
std::span<const uint32_t> values_read(const PlanNode& node, const std::vector<PlanCollective>& collectives);

/// The component of the transport that carries the step and has one global order; -1: there is none. Indices in the
/// plan must be valid.
int32_t ordering_transport(const Plan& plan, const Step& step);

/// The steps of a lane that complete as one with this one, in order: its group, or itself alone; of a step without a
/// lane none. Its group is one run of its lane.
std::span<const uint32_t> group_of(const Plan& plan, uint32_t number);

/// Whether a thread of a blocking device awaits the size of what this step receives, before that or anything of its
/// group meets its counterpart.
bool awaits_size(const Plan& plan, uint32_t number);

/// As the transport is told of it. Its inputs have static shapes. Indices must be valid.
CollectiveInfo info_of(uint32_t number, const PlanCollective& collective, const std::vector<PlanNode>& nodes,
                       const std::vector<PlanValue>& values);

}  // namespace stretto::compiling
