// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/urgency.h"

#include <algorithm>

namespace stretto::overlap {

namespace {

/// By run: the seconds of the longest chain of arcs that begins with it, among the first `executions`. `list` goes
/// forward along every arc without tokens.
std::vector<double> tails(const TimedGraph& graph, int32_t executions, const std::vector<uint32_t>& list) {
  const auto count = static_cast<size_t>(executions);
  std::vector<double> tail(graph.unit_count() * count, 0);
  for (int32_t execution = executions - 1; execution >= 0; --execution)
    for (size_t i = list.size(); i-- > 0;) {
      const uint32_t unit = list[i];
      double longest = 0;
      for (const uint32_t number : graph.leaving(unit)) {
        const auto& arc = graph.arcs()[number];
        const int32_t waiting = execution + arc.tokens;
        if (waiting < executions) longest = std::max(longest, tail[arc.to * count + static_cast<size_t>(waiting)]);
      }
      tail[unit * count + static_cast<size_t>(execution)] = longest + graph.seconds(unit);
    }
  return tail;
}

}  // namespace

double busiest_lane(const TimedGraph& graph) {
  std::vector<double> load(graph.lanes().size(), 0);
  for (uint32_t unit = 0; unit < graph.unit_count(); ++unit)
    for (const uint32_t lane : graph.lanes_of(unit)) load[lane] += graph.seconds(unit);
  return load.empty() ? 0 : *std::max_element(load.begin(), load.end());
}

std::vector<double> urgencies(const TimedGraph& graph, Rule rule, int32_t executions,
                              const std::vector<uint32_t>& list) {
  const auto count = static_cast<size_t>(executions);
  std::vector<double> urgency(graph.unit_count() * count);
  if (rule == Rule::execution_first) {
    for (size_t rank = 0; rank < list.size(); ++rank)
      for (size_t e = 0; e < count; ++e) urgency[list[rank] * count + e] = static_cast<double>(e * list.size() + rank);
    return urgency;
  }
  if (rule == Rule::longest_tail) {
    const auto tail = tails(graph, executions, list);
    std::transform(tail.begin(), tail.end(), urgency.begin(), [](double seconds) { return -seconds; });
    return urgency;
  }
  const double pace = busiest_lane(graph);
  const auto tail = tails(graph, 1, list);
  for (uint32_t unit = 0; unit < graph.unit_count(); ++unit)
    for (size_t e = 0; e < count; ++e) urgency[unit * count + e] = static_cast<double>(e) * pace - tail[unit];
  return urgency;
}

}  // namespace stretto::overlap
