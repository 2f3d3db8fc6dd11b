// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// List scheduling of many executions at once, and the steady schedule behind it.

#include "overlap/order.h"

namespace stretto::overlap {

/// Starts every run as early as slots, window, lanes and resources allow; where several could start on a lane, the
/// smallest of `urgency` (by run, `unit · executions + execution`). No lane waits for a run that could not start yet.
/// Lanes for computations keep the sequence of `fixed`, where it is given. Returns the starts, by run; nothing where
/// `fixed` comes to a standstill. (Graham, Bounds on multiprocessing timing anomalies, 1969.)
std::vector<double> list_schedule(const TimedGraph& graph, int32_t executions, const std::vector<double>& urgency,
                                  const Order* fixed = nullptr);

/// Schedules that repeat, as that one did in its middle: the starts of one execution there, for a few of them, and then
/// the mean of many. Both satisfy every constraint within an execution, as the constraints are linear; those across
/// executions are mended by moving starts back as far as the arcs demand. A single execution keeps together what
/// followed at once; the mean is better where executions took turns in different ways.
///
/// This is what modulo scheduling seeks (Rau, Iterative modulo scheduling, 1994), found by running the loop rather than
/// by placing units one by one: so the slots are as full as a fast start of the pipeline would fill them.
/// `list` has the units forward along every arc without tokens.
std::vector<Phases> steady_phases(const TimedGraph& graph, int32_t executions, const std::vector<double>& starts,
                                  const std::vector<uint32_t>& list);

/// Moves starts back until every arc holds, with a longer period where that does not come to an end.
Phases mended(const TimedGraph& graph, const Phases& phases, const std::vector<uint32_t>& list);

}  // namespace stretto::overlap
