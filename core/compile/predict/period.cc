// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/predict/blank_rounds.h"
#include "compile/predict/cycle_ratio.h"
#include "compile/predict/dependence.h"
#include "compile/predict/timed_graph.h"
#include "stretto/prediction.h"

#include <algorithm>

namespace stretto {

namespace {

using namespace compiling;

/// Arcs with the duration of what they come from.
std::vector<WeightedArc> weigh(const TimedGraph& graph) {
  std::vector<WeightedArc> arcs;
  arcs.reserve(graph.arcs().size());
  for (const auto& arc : graph.arcs()) arcs.push_back({arc.from, arc.to, graph.duration(arc.from), arc.tokens});
  return arcs;
}

Bottleneck bottleneck_of(const Plan& plan, const TimedGraph& graph, const CycleRatio& ratio,
                         const std::vector<WeightedArc>& arcs) {
  Bottleneck result;
  result.tokens = 0;
  for (const uint32_t i : ratio.circuit) {
    result.seconds += arcs[i].weight;
    result.tokens += arcs[i].tokens;
  }
  std::vector<RoundGraph::Arc> circuit;
  circuit.reserve(ratio.circuit.size());
  for (const uint32_t i : ratio.circuit) circuit.push_back(graph.arcs()[i]);
  result.circuit = dependences_of(plan, circuit);
  return result;
}

/// The resource whose users have most to do, where it has more than any circuit.
void compare_resources(const Plan& plan, const TimedGraph& graph, Prediction& prediction) {
  std::vector<double> work(plan.resources.size(), 0);
  for (uint32_t v = 0; v < graph.vertex_count(); ++v)
    for (const int32_t resource : graph.resources(v)) work[static_cast<uint32_t>(resource)] += graph.duration(v);
  for (uint32_t resource = 0; resource < work.size(); ++resource) {
    const auto capacity = plan.resources[resource].capacity;
    const double period = work[resource] / capacity;
    // Where its users share a lane the circuit says more.
    if (period <= prediction.period * (1 + 1e-9)) continue;
    prediction.period = period;
    prediction.bottleneck = {{}, static_cast<int32_t>(resource), work[resource], capacity};
  }
}

Prediction predict_in_turns(const Plan& plan) {
  const TimedGraph graph(plan);
  const auto arcs = weigh(graph);
  const auto ratio = max_cycle_ratio(graph.vertex_count(), arcs);
  Prediction prediction{ratio.value, bottleneck_of(plan, graph, ratio, arcs)};
  compare_resources(plan, graph, prediction);
  return prediction;
}

/// More slots of a ring: more tokens on every wait that they were the reason for.
void give_slots(Plan& plan, uint32_t ring, int32_t more) {
  const auto owner = plan.rings[ring].alias >= 0 ? static_cast<uint32_t>(plan.rings[ring].alias) : ring;
  for (uint32_t number = 0; number < plan.rings.size(); ++number) {
    auto& each = plan.rings[number];
    if (number == owner || each.alias == static_cast<int32_t>(owner))
      each.slots = static_cast<uint32_t>(std::max(1, static_cast<int32_t>(each.slots) + more));
  }
  for (auto& step : plan.steps) {
    if (std::find(step.results.begin(), step.results.end(), owner) == step.results.end()) continue;
    for (auto& wait : step.waits) {
      const auto& reads = plan.steps[wait.from].inputs;
      if (wait.tokens == 0 || std::find(reads.begin(), reads.end(), owner) == reads.end()) continue;
      wait.tokens += more;
      wait.rounds += more;
    }
  }
}

}  // namespace

Prediction predict(const Plan& plan) {
  return rounds_per_execution(plan) == 1 ? predict_in_turns(plan) : predict_in_turns(in_turns(plan));
}

Prediction predict(const Plan& plan, const Change& change) {
  Plan changed = plan;
  if (change.ring >= 0) give_slots(changed, static_cast<uint32_t>(change.ring), change.more_slots);
  for (uint32_t number = 0; number < changed.steps.size(); ++number) {
    auto& step = changed.steps[number];
    const bool concerned =
        static_cast<int32_t>(number) == change.step || (change.resource >= 0 && step.resource == change.resource);
    if (concerned) step.seconds /= change.speed;
  }
  changed.inflight = static_cast<uint32_t>(std::max(1, static_cast<int32_t>(plan.inflight) + change.more_inflight));
  return predict(changed);
}

}  // namespace stretto
