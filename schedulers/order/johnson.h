// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Johnson's rule for two machines in a row, here the link into an actor and the actor itself.

#include "order/linear_order.h"

namespace stretto {

/// Written ranks, but nodes of an actor that may reorder them trade theirs among each other: with a = time to receive a
/// node's inputs and b = time to compute it, nodes with a <= b come first, by growing a; then the others, by shrinking
/// b. Optimal for one execution where each node waits for its own receives alone.
/// S. M. Johnson, Optimal two- and three-stage production schedules with setup times included, 1954.
NodeRanks johnson_ranks(const Problem& problem);

}  // namespace stretto
