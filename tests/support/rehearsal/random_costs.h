// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Graphs by lot with costs by lot, for comparing schedules. The same seed gives the same graph everywhere.

#include "stretto/graph.h"

namespace stretto::testing {

/// 2 to 6 actors, 6 to 30 nodes in the order written, of 1 to 10 s each; 1 to 3 inputs each, mostly of nodes written
/// shortly before; values that cross actors take 0 to 5 s over a wire. Every channel has `slots`.
Graph random_costs(uint64_t seed, uint32_t slots);

}  // namespace stretto::testing
