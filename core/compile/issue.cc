// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/circuit.h"
#include "compile/joint.h"
#include "compile/reject.h"

#include <algorithm>
#include <queue>

namespace stretto::compiling {

HeaderNeeds::HeaderNeeds(const Plan& plan) : plan_(plan), writer_(plan.rings.size(), -1), seen_(plan.rings.size(), 0) {
  for (uint32_t step = 0; step < plan.steps.size(); ++step)
    for (const uint32_t ring : plan.steps[step].results) writer_[ring] = static_cast<int32_t>(step);
}

Numbers HeaderNeeds::of(uint32_t number) {
  const auto& step = plan_.steps[number];
  Numbers needs;
  if (step.lane < 0 || plan_.actors[step.actor].blocking) return needs;
  ++asking_;
  const auto dynamic = [&](uint32_t ring) { return plan_.values[plan_.rings[ring].value].spec.dynamic(); };
  if (step.kind == StepKind::receive) {
    // Enqueuing the transfer takes its size, which the writer's note tells.
    const bool stream_ordered = plan_.channels[static_cast<uint32_t>(step.channel)].stream_ordered;
    if (stream_ordered && dynamic(step.results[0])) needs.push_back(number);
  } else if (step.kind != StepKind::send) {
    const bool stateful = step.node >= 0 && plan_.nodes[static_cast<uint32_t>(step.node)].stateful;
    for (const uint32_t ring : step.inputs)
      if (stateful || dynamic(ring)) collect(ring, stateful, needs);
  }
  std::sort(needs.begin(), needs.end());
  return needs;
}

/// Follows a ring to the RECEIVEs behind it. Through nodes only for a status: a shape is known once its op was issued.
/// A stateful node has awaited what lies behind it itself, and is issued earlier. A collective's status is that of all
/// members' inputs.
void HeaderNeeds::collect(uint32_t first, bool through_nodes, Numbers& needs) {
  std::vector<uint32_t> open{first};
  while (!open.empty()) {
    const uint32_t ring = open.back();
    open.pop_back();
    if (seen_[ring] == asking_ || writer_[ring] < 0) continue;
    seen_[ring] = asking_;
    const auto number = static_cast<uint32_t>(writer_[ring]);
    const auto& writer = plan_.steps[number];
    if (writer.kind == StepKind::receive || (through_nodes && writer.kind == StepKind::collective)) {
      needs.push_back(number);
    } else if (writer.kind == StepKind::copy ||
               (through_nodes && writer.node >= 0 && !plan_.nodes[static_cast<uint32_t>(writer.node)].stateful)) {
      open.insert(open.end(), writer.inputs.begin(), writer.inputs.end());
    }
  }
}

namespace {

/// Potentials under which every actor's issuing thread stands in one round at a time.
std::vector<int64_t> round_by_round(const Plan& plan, const RoundGraph& graph, std::vector<Arc> arcs) {
  std::vector<int32_t> previous(plan.actors.size(), -1);
  for (uint32_t number = 0; number < plan.steps.size(); ++number) {
    const auto& step = plan.steps[number];
    if (step.lane < 0 || plan.actors[step.actor].blocking) continue;
    const uint32_t issue = graph.vertex(number, RoundGraph::Moment::issue);
    auto& before = previous[step.actor];
    if (before >= 0) {
      arcs.push_back({static_cast<uint32_t>(before), issue, 0});
      arcs.push_back({issue, static_cast<uint32_t>(before), 0});
    }
    before = static_cast<int32_t>(issue);
  }
  auto potentials = find_potentials(arcs, graph.vertex_count());
  if (!potentials.negative_circuit.empty())
    reject({}, "an asynchronous device could not issue round by round: '{}' would wait for a later round",
           plan.steps[graph.step_of(potentials.negative_circuit[0].to)].name);
  return std::move(potentials.of);
}

/// The graph's arcs, and between the issues of one actor what holds between its steps: what a step reads is issued
/// before it, so that its shape is known, and a device may use events, which must be recorded before they are awaited:
/// a group's once its last step is issued.
std::vector<Arc> arcs_of_issue(const Plan& plan, const RoundGraph& graph) {
  std::vector<Arc> arcs(graph.arcs().begin(), graph.arcs().end());
  const auto add = [&](uint32_t from, uint32_t to, int32_t rounds) {
    arcs.push_back(
        {graph.vertex(from, RoundGraph::Moment::issue), graph.vertex(to, RoundGraph::Moment::issue), rounds});
  };
  for (uint32_t number = 0; number < plan.steps.size(); ++number) {
    const auto& step = plan.steps[number];
    if (step.lane < 0 || plan.actors[step.actor].blocking) continue;
    for (const auto& wait : step.waits)
      if (wait.by == Wait::By::lane)
        add(group_of(plan, wait.from).back(), number, wait.rounds);
      else if (plan.steps[wait.from].actor == step.actor)
        add(wait.from, number, wait.rounds);
  }
  for (const auto& lane : plan.lanes)
    for (size_t i = 1; i < lane.steps.size() && !plan.actors[lane.actor].blocking; ++i)
      add(lane.steps[i - 1], lane.steps[i], 0);
  return arcs;
}

}  // namespace

std::vector<std::vector<uint32_t>> make_issue_orders(const Plan& plan) {
  std::vector<std::vector<uint32_t>> orders(plan.actors.size());
  if (std::all_of(plan.actors.begin(), plan.actors.end(), [](const PlanActor& actor) { return actor.blocking; }))
    return orders;
  const RoundGraph graph(plan, false);
  const auto arcs = arcs_of_issue(plan, graph);
  const auto potentials = round_by_round(plan, graph, arcs);
  const auto zero = [&](const Arc& arc) { return arc.tokens + potentials[arc.from] - potentials[arc.to] == 0; };
  const Leaving leaving(arcs, graph.vertex_count());
  std::vector<uint32_t> missing(graph.vertex_count(), 0);
  for (const auto& arc : arcs)
    if (zero(arc)) ++missing[arc.to];
  // The earliest predicted time first: what waits for a header holds up only what would come later anyway.
  std::vector<double> start(graph.vertex_count(), 0);
  using Entry = std::pair<double, uint32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> ready;
  for (uint32_t v = 0; v < missing.size(); ++v)
    if (missing[v] == 0) ready.emplace(0, v);
  while (!ready.empty()) {
    const uint32_t v = ready.top().second;
    ready.pop();
    const auto number = graph.step_of(v);
    const auto& step = plan.steps[number];
    const bool issues = graph.moment_of(v) == RoundGraph::Moment::issue && !plan.actors[step.actor].blocking;
    if (issues && step.lane >= 0) orders[step.actor].push_back(number);
    const double end = start[v] + (graph.moment_of(v) == RoundGraph::Moment::complete ? step.seconds : 0);
    for (const uint32_t i : leaving.of(v)) {
      if (!zero(arcs[i])) continue;
      start[arcs[i].to] = std::max(start[arcs[i].to], end);
      if (--missing[arcs[i].to] == 0) ready.emplace(start[arcs[i].to], arcs[i].to);
    }
  }
  return orders;
}

}  // namespace stretto::compiling
