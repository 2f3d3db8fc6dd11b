// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/check.h"
#include "compile/reject.h"
#include "compile/rows.h"

#include <algorithm>
#include <optional>
#include <queue>

namespace stretto::compiling {

namespace {

/// Kahn's algorithm, smallest number first; leaves out what lies on or behind a circuit.
std::vector<uint32_t> topological_order(const Rows& after) {
  std::vector<uint32_t> missing(after.row_count(), 0);
  for (const uint32_t to : after.all()) ++missing[to];
  std::priority_queue<uint32_t, std::vector<uint32_t>, std::greater<>> ready;
  for (uint32_t n = 0; n < missing.size(); ++n)
    if (missing[n] == 0) ready.push(n);
  std::vector<uint32_t> result;
  result.reserve(missing.size());
  while (!ready.empty()) {
    const uint32_t n = ready.top();
    ready.pop();
    result.push_back(n);
    for (const uint32_t to : after[n])
      if (--missing[to] == 0) ready.push(to);
  }
  return result;
}

/// A circuit among the nodes that `order` left out, in arc order, its smallest node first.
std::vector<uint32_t> find_circuit(const Rows& after, const std::vector<uint32_t>& order) {
  std::vector<bool> ordered(after.row_count(), false);
  for (const uint32_t n : order) ordered[n] = true;
  // Every node left out has a predecessor left out: walking backwards must meet itself.
  std::vector<std::optional<uint32_t>> before(after.row_count());
  for (uint32_t n = 0; n < after.row_count(); ++n)
    if (!ordered[n])
      for (const uint32_t to : after[n]) before[to] = n;
  uint32_t n = 0;
  while (ordered[n]) ++n;
  std::vector<bool> seen(after.row_count(), false);
  while (!seen[n]) {
    seen[n] = true;
    n = *before[n];
  }
  std::vector<uint32_t> circuit{n};
  for (uint32_t m = *before[n]; m != n; m = *before[m]) circuit.push_back(m);
  std::reverse(circuit.begin(), circuit.end());
  std::rotate(circuit.begin(), std::min_element(circuit.begin(), circuit.end()), circuit.end());
  return circuit;
}

std::string describe(const Graph& graph, const std::vector<uint32_t>& circuit) {
  constexpr size_t kShown = 12;
  std::string text;
  for (size_t i = 0; i < circuit.size() && i < kShown; ++i) {
    const auto& node = graph.nodes[circuit[i]];
    const auto where = to_prefix(node.source);
    text += fmt::format("'{}'{} → ", node.name, where.empty() ? "" : " (" + where.substr(0, where.size() - 2) + ")");
  }
  if (circuit.size() > kShown) text += fmt::format("… {} more … → ", circuit.size() - kShown);
  return text + fmt::format("'{}'", graph.nodes[circuit[0]].name);
}

void require_use(const Graph& graph, const Checked& checked) {
  std::vector<bool> needed(graph.nodes.size(), false);
  std::vector<bool> input_used(graph.inputs.size(), false);
  std::vector<uint32_t> open;
  const auto need = [&](uint32_t value) {
    const int32_t node = checked.values[value].node;
    if (node < 0)
      input_used[static_cast<uint32_t>(checked.values[value].input)] = true;
    else if (!needed[static_cast<uint32_t>(node)]) {
      needed[static_cast<uint32_t>(node)] = true;
      open.push_back(static_cast<uint32_t>(node));
    }
  };
  for (const auto& output : checked.outputs)
    for (const auto& field : output.fields) need(field.value);
  while (!open.empty()) {
    const uint32_t n = open.back();
    open.pop_back();
    for (const uint32_t value : checked.nodes[n].inputs) need(value);
  }
  // An input that only idle nodes read is said of the nodes.
  for (uint32_t n = 0; n < graph.nodes.size(); ++n)
    if (!needed[n] && checked.nodes[n].collective >= 0)
      reject(graph.nodes[n].source,
             "node '{}': its result on '{}', '{}', reaches no output; use it, or add an output: each member of a "
             "collective gets a result",
             checked.collectives[static_cast<uint32_t>(checked.nodes[n].collective)].name,
             graph.actors[graph.nodes[n].actor].name, graph.nodes[n].name);
    else if (!needed[n])
      reject(graph.nodes[n].source,
             "node '{}' reaches no output: nothing would ever use what it computes; remove it, or add an output",
             graph.nodes[n].name);
  for (uint32_t i = 0; i < graph.inputs.size(); ++i)
    if (!input_used[i])
      reject(graph.inputs[i].source, "input '{}' is used by no node; remove it, or use it", graph.inputs[i].name);
}

}  // namespace

void order(const Graph& graph, const std::vector<PlanActor>& actors, Checked& checked) {
  const size_t count = graph.nodes.size();
  const auto each_need = [&](auto&& arc) {
    for (uint32_t n = 0; n < count; ++n)
      for (const uint32_t value : checked.nodes[n].inputs)
        if (checked.values[value].node >= 0) arc(static_cast<uint32_t>(checked.values[value].node), n);
  };
  const Rows needed_by(count, each_need);
  checked.topological = topological_order(needed_by);
  if (checked.topological.size() != count) {
    const auto circuit = find_circuit(needed_by, checked.topological);
    reject(graph.nodes[circuit[0]].source, "the graph has a cycle, each node needing the one before it: {}",
           describe(graph, circuit));
  }
  require_use(graph, checked);

  const Rows followed_by(count, [&](auto&& arc) {
    each_need(arc);
    std::vector<std::optional<uint32_t>> last(actors.size());
    for (uint32_t n = 0; n < count; ++n) {
      const uint32_t actor = graph.nodes[n].actor;
      if (actors[actor].any_order) continue;
      if (last[actor]) arc(*last[actor], n);
      last[actor] = n;
    }
  });
  const auto possible = topological_order(followed_by);
  if (possible.size() != count) {
    const auto circuit = find_circuit(followed_by, possible);
    reject(graph.nodes[circuit[0]].source,
           "the order written can't run: nodes of an actor run in the order they are written, and that and their "
           "inputs make a circle: {}; write them in an order that can run, or give the actor order = \"any\"",
           describe(graph, circuit));
  }
}

}  // namespace stretto::compiling
