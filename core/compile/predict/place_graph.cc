// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/predict/place_graph.h"

#include "compile/circuit.h"
#include "compile/constraints.h"
#include "compile/predict/cycle_ratio.h"

#include <algorithm>

namespace stretto::compiling {

PlaceGraph::PlaceGraph(const Plan& plan) {
  std::vector<uint32_t> vertex(plan.steps.size(), kNone);
  std::vector<uint32_t> collective(plan.collectives.size(), kNone);  // its first step
  for (uint32_t number = 0; number < plan.steps.size(); ++number) {
    const auto& step = plan.steps[number];
    const auto first_of_joint = [&] {
      if (step.kind != StepKind::collective) return plan.channels[static_cast<uint32_t>(step.joint)].send_step;
      auto& earlier = collective[static_cast<uint32_t>(plan.nodes[static_cast<uint32_t>(step.node)].collective)];
      return earlier = std::min(earlier, number);
    };
    const uint32_t first = step.joint < 0 ? number : first_of_joint();
    if (vertex[first] == kNone) {
      vertex[first] = vertex_count();
      durations_.push_back(0);
      step_.push_back(first);
      resources_.emplace_back();
    }
    const uint32_t v = vertex[number] = vertex[first];
    durations_[v] = std::max(durations_[v], step.seconds);
    auto& held = resources_[v];
    if (step.resource >= 0 && std::find(held.begin(), held.end(), step.resource) == held.end())
      held.push_back(step.resource);
  }
  for (uint32_t v = 0; v < vertex_count(); ++v) places_.push_back({v, v, 1});
  for (const auto& constraint : constraints_of(plan)) {
    const bool slots = constraint.ring >= 0 && constraint.kind != Constraint::Kind::data;
    const int32_t tokens =
        slots ? static_cast<int32_t>(plan.rings[static_cast<uint32_t>(constraint.ring)].max_slots) : constraint.tokens;
    if (vertex[constraint.from] == vertex[constraint.to]) continue;  // its own earlier run is no weaker
    places_.push_back({vertex[constraint.from], vertex[constraint.to], tokens});
    most_tokens_ = std::max(most_tokens_, tokens);
  }
  std::stable_sort(places_.begin(), places_.end(), [](const Place& a, const Place& b) { return a.to < b.to; });
  entering_.assign(vertex_count() + 1, 0);
  for (const auto& place : places_) ++entering_[place.to + 1];
  for (uint32_t v = 0; v < vertex_count(); ++v) entering_[v + 1] += entering_[v];
  order_vertices();
}

void PlaceGraph::order_vertices() {
  std::vector<std::vector<uint32_t>> after(vertex_count());
  std::vector<uint32_t> missing(vertex_count(), 0);
  for (const auto& place : places_)
    if (place.tokens == 0) {
      after[place.from].push_back(place.to);
      ++missing[place.to];
    }
  for (uint32_t v = 0; v < vertex_count(); ++v)
    if (missing[v] == 0) order_.push_back(v);
  for (size_t i = 0; i < order_.size(); ++i)
    for (const uint32_t to : after[order_[i]])
      if (--missing[to] == 0) order_.push_back(to);
}

void PlaceGraph::advance(std::vector<std::vector<double>>& starts, std::vector<uint32_t>* reason) const {
  auto& now = starts.emplace_back(vertex_count(), 0.0);
  const auto execution = static_cast<int64_t>(starts.size()) - 1;
  for (const uint32_t v : order_)
    for (uint32_t i = entering_[v]; i < entering_[v + 1]; ++i) {
      const auto& place = places_[i];
      if (place.tokens > execution) continue;
      const double end = starts[static_cast<size_t>(execution - place.tokens)][place.from] + durations_[place.from];
      if (end <= now[v]) continue;
      now[v] = end;
      if (reason != nullptr) (*reason)[v] = i;
    }
}

std::vector<double> PlaceGraph::starts(int64_t executions) const {
  std::vector<std::vector<double>> rows;
  for (int64_t execution = 0; execution < executions; ++execution) advance(rows, nullptr);
  return rows.back();
}

std::vector<double> PlaceGraph::tails() const {
  std::vector<double> tails(vertex_count(), 0);
  for (auto v = order_.rbegin(); v != order_.rend(); ++v)
    for (uint32_t i = entering_[*v]; i < entering_[*v + 1]; ++i)
      if (places_[i].tokens == 0) tails[places_[i].from] = std::max(tails[places_[i].from], durations_[*v] + tails[*v]);
  return tails;
}

Bound PlaceGraph::longest_chain(int64_t executions) const {
  std::vector<std::vector<double>> rows;
  std::vector<std::vector<uint32_t>> reasons;
  for (int64_t execution = 0; execution < executions; ++execution)
    advance(rows, &reasons.emplace_back(vertex_count(), kNone));
  Bound bound;
  uint32_t last = 0;
  for (uint32_t v = 0; v < vertex_count(); ++v) {
    const double end = rows.back()[v] + durations_[v];
    if (end <= bound.seconds) continue;
    bound.seconds = end;
    last = v;
  }
  int64_t execution = executions - 1;
  for (uint32_t v = last;;) {
    bound.steps.push_back(step_[v]);
    const uint32_t reason = reasons[static_cast<size_t>(execution)][v];
    if (reason == kNone) break;
    execution -= places_[reason].tokens;
    v = places_[reason].from;
  }
  std::reverse(bound.steps.begin(), bound.steps.end());
  return bound;
}

Bound PlaceGraph::slowest_circuit() const {
  std::vector<WeightedArc> arcs;
  arcs.reserve(places_.size());
  for (const auto& place : places_) arcs.push_back({place.from, place.to, durations_[place.from], place.tokens});
  const auto ratio = max_cycle_ratio(vertex_count(), arcs);
  Bound bound{ratio.value, Bound::Reason::critical_path, -1, {}};
  for (const uint32_t i : ratio.circuit) bound.steps.push_back(step_[places_[i].from]);
  return bound;
}

}  // namespace stretto::compiling
