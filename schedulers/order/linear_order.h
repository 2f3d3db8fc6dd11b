// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One linear order of all steps, which both schedulers cut into lanes.
///
/// Why every schedule made this way is live: the order respects every place without tokens, with the steps of a joint
/// transition taken as one. Lanes whose orders are restrictions of it, all with offset 0, add places without tokens
/// that go forward in it too. A circuit must go backward somewhere, and a place that does has a token: slot reuse, the
/// window, or the last step of a lane to its first. So every circuit has a token (Commoner et al., Marked directed
/// graphs, 1971).

#include "stretto/scheduler.h"

#include <vector>

namespace stretto {

/// By node: its rank among all nodes. Smaller comes first where nothing else decides.
using NodeRanks = std::vector<int32_t>;

/// The order the nodes were written in.
NodeRanks written_ranks(const Problem& problem);

/// Steps in topological order of the places without tokens: smallest rank of the node that a step serves first; for one
/// node RECEIVE, COPY, COMPUTE, SEND. A joint transition's steps stand side by side. Linear but for one heap.
/// Throws Code::invalid_argument where places without tokens form a circuit.
std::vector<uint32_t> linear_order(const Problem& problem, const NodeRanks& ranks);

}  // namespace stretto
