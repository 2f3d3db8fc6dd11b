// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Modulo scheduling: one execution placed so that its copies, one period apart, do not meet on any lane.

#include "overlap/order.h"

namespace stretto::overlap {

/// Places units in the order of `list`, which goes forward along every arc without tokens: each as early as those
/// before it allow, where its lanes are free modulo the period (B. R. Rau, Iterative modulo scheduling, 1994, without
/// the iteration: what does not fit, or breaks an arc with tokens, is left to whoever folds and mends). Keeps few
/// executions under way, where a list schedule of many fills every slot. Quadratic in the units of a lane.
Phases modulo_schedule(const TimedGraph& graph, double period, const std::vector<uint32_t>& list);

}  // namespace stretto::overlap
