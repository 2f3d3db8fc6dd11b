// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/circuit.h"

#include <algorithm>
#include <deque>

namespace stretto::compiling {

Leaving::Leaving(std::span<const Arc> arcs, uint32_t vertices) : start_(vertices + 1, 0), order_(arcs.size()) {
  for (const auto& arc : arcs) ++start_[arc.from + 1];
  for (uint32_t v = 0; v < vertices; ++v) start_[v + 1] += start_[v];
  auto next = start_;
  for (uint32_t i = 0; i < arcs.size(); ++i) order_[next[arcs[i].from]++] = i;
}

namespace {

/// Follows `reached_by` (by vertex, the arc that last lowered it) until it meets itself.
std::vector<Arc> circuit_of(std::span<const Arc> arcs, const std::vector<uint32_t>& reached_by) {
  const auto vertices = static_cast<uint32_t>(reached_by.size());
  std::vector<uint32_t> walk(vertices, kNone);
  for (uint32_t start = 0; start < vertices; ++start) {
    uint32_t v = start;
    while (walk[v] == kNone && reached_by[v] != kNone) {
      walk[v] = start;
      v = arcs[reached_by[v]].from;
    }
    if (reached_by[v] == kNone || walk[v] != start) continue;
    std::vector<Arc> circuit;
    uint32_t u = v;
    do {
      circuit.push_back(arcs[reached_by[u]]);
      u = circuit.back().from;
    } while (u != v);
    std::reverse(circuit.begin(), circuit.end());
    return circuit;
  }
  return {};
}

}  // namespace

Potentials find_potentials(std::span<const Arc> arcs, uint32_t vertices) {
  Potentials result{std::vector<int64_t>(vertices, 0), {}};
  if (std::none_of(arcs.begin(), arcs.end(), [](const Arc& arc) { return arc.tokens < 0; })) return result;
  const Leaving leaving(arcs, vertices);
  std::vector<uint32_t> reached_by(vertices, kNone);
  std::vector<bool> queued(vertices, false);
  std::deque<uint32_t> queue;
  for (const auto& arc : arcs)
    if (arc.tokens < 0 && !queued[arc.from]) {
      queued[arc.from] = true;
      queue.push_back(arc.from);
    }
  uint64_t lowered = 0;
  while (!queue.empty()) {
    const uint32_t v = queue.front();
    queue.pop_front();
    queued[v] = false;
    for (const uint32_t i : leaving.of(v)) {
      const auto& arc = arcs[i];
      if (result.of[v] + arc.tokens >= result.of[arc.to]) continue;
      result.of[arc.to] = result.of[v] + arc.tokens;
      reached_by[arc.to] = i;
      if (!queued[arc.to]) {
        queued[arc.to] = true;
        queue.push_back(arc.to);
      }
      // A look for a circuit costs as much as `vertices` steps: one each that many keeps the total linear in them.
      if (++lowered % (uint64_t{vertices} + 1) != 0) continue;
      result.negative_circuit = circuit_of(arcs, reached_by);
      if (!result.negative_circuit.empty()) return result;
    }
  }
  return result;
}

std::vector<Arc> find_zero_circuit(std::span<const Arc> arcs, uint32_t vertices,
                                   const std::vector<int64_t>& potentials) {
  const auto zero = [&](const Arc& arc) { return arc.tokens + potentials[arc.from] - potentials[arc.to] == 0; };
  const Leaving leaving(arcs, vertices);
  std::vector<uint32_t> missing(vertices, 0);
  for (const auto& arc : arcs)
    if (zero(arc)) ++missing[arc.to];
  std::vector<uint32_t> ready;
  for (uint32_t v = 0; v < vertices; ++v)
    if (missing[v] == 0) ready.push_back(v);
  size_t sorted = 0;
  while (!ready.empty()) {
    const uint32_t v = ready.back();
    ready.pop_back();
    ++sorted;
    for (const uint32_t i : leaving.of(v))
      if (zero(arcs[i]) && --missing[arcs[i].to] == 0) ready.push_back(arcs[i].to);
  }
  if (sorted == vertices) return {};
  // Every vertex left has an arc from another one left: following those backwards meets itself.
  std::vector<uint32_t> reached_by(vertices, kNone);
  for (uint32_t i = 0; i < arcs.size(); ++i)
    if (zero(arcs[i]) && missing[arcs[i].from] != 0 && missing[arcs[i].to] != 0) reached_by[arcs[i].to] = i;
  return circuit_of(arcs, reached_by);
}

std::optional<std::vector<Arc>> find_dead_circuit(const RoundGraph& graph) {
  auto potentials = find_potentials(graph.arcs(), graph.vertex_count());
  if (!potentials.negative_circuit.empty()) return std::move(potentials.negative_circuit);
  auto circuit = find_zero_circuit(graph.arcs(), graph.vertex_count(), potentials.of);
  if (circuit.empty()) return std::nullopt;
  return circuit;
}

}  // namespace stretto::compiling
