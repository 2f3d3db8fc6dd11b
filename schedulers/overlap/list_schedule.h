// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// List scheduling of many executions at once, and the steady schedule behind it.

#include "overlap/order.h"

namespace stretto::overlap {

/// Starts every run as early as slots, window, lanes and resources allow; where several could start on a lane, the
/// smallest of `urgency` (by run, `unit · executions + execution`). No lane waits for a run that could not start yet.
/// Returns the starts, by run. (Graham, Bounds on multiprocessing timing anomalies, 1969.)
std::vector<double> list_schedule(const TimedGraph& graph, int32_t executions, const std::vector<double>& urgency);

/// The mean start of each unit over the executions in the middle, less their distance in periods: means satisfy every
/// constraint that the single executions do, since the constraints are linear. What the ends of the stretch blur is
/// mended by moving starts back as far as the arcs demand. The schedule of a repeating loop, as modulo scheduling
/// seeks it (Rau, Iterative modulo scheduling, 1994), but found by running the loop rather than by placing units
/// one by one: so the slots are as full as a fast start of the pipeline would fill them.
/// `list` has the units forward along every arc without tokens.
Phases steady_phases(const TimedGraph& graph, int32_t executions, const std::vector<double>& starts,
                     const std::vector<uint32_t>& list);

}  // namespace stretto::overlap
