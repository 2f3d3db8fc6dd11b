// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Which of several runs that could start is the more urgent one.

#include "overlap/timed_graph.h"

namespace stretto::overlap {

/// Rules of priority. None is best for all graphs: each gives a candidate.
enum class Rule {
  longest_tail,    ///< the run with the longest chain behind it, slots and window included: it fills slots early
  paced_tail,      ///< the same, each execution due one period of the busiest lane after the one before it
  execution_first  ///< earlier executions first; within one, the order of a list
};
inline constexpr Rule kRules[] = {Rule::longest_tail, Rule::paced_tail, Rule::execution_first};

/// By run, `unit · executions + execution`: smaller starts first. `list` has the units in the order that decides within
/// an execution. Linear in arcs times executions.
std::vector<double> urgencies(const TimedGraph& graph, Rule rule, int32_t executions,
                              const std::vector<uint32_t>& list);

/// The work that the busiest lane has in one execution, in seconds.
double busiest_lane(const TimedGraph& graph);

}  // namespace stretto::overlap
