// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/rounds.h"
#include "compile/verify/verify.h"

#include <fmt/format.h>

namespace stretto::compiling {

namespace {

std::string describe(const Plan& plan, const RoundGraph& graph, uint32_t vertex) {
  std::string text;
  for (const uint32_t number : graph.steps_of(vertex)) {
    const auto& step = plan.steps[number];
    text += fmt::format("{}'{}' (actor '{}')", text.empty() ? "" : " with ", step.name, plan.actors[step.actor].name);
  }
  switch (graph.moment_of(vertex)) {
    case RoundGraph::Moment::complete: return text;
    case RoundGraph::Moment::issue: return "the issue of " + text;
    case RoundGraph::Moment::note: return "the note of " + text;
  }
  return text;
}

/// What would mend a dead circuit: more slots where it runs through slot reuse, else another order.
std::string mend(const Plan& plan, const RoundGraph& graph, const std::vector<RoundGraph::Arc>& circuit) {
  for (const auto& arc : circuit) {
    const auto& from = plan.steps[graph.step_of(arc.from)];
    for (const uint32_t number : graph.steps_of(arc.to))
      for (const auto& access : plan.steps[number].accesses) {
        if (access.kind != Access::Kind::ring || !access.write) continue;
        const auto& ring = plan.rings[access.index];
        for (const auto& read : from.accesses)
          if (read.kind == Access::Kind::ring && !read.write && plan.rings[read.index].value == ring.value)
            return fmt::format("give the channel of {} {} slots", plan.values[ring.value].name, ring.slots + 1);
      }
  }
  std::vector<uint32_t> sends;
  for (const auto& arc : circuit)
    for (const uint32_t number : graph.steps_of(arc.to))
      if (plan.steps[number].kind == StepKind::send && plan.steps[number].joint >= 0) sends.push_back(number);
  if (sends.size() >= 2)
    return fmt::format("put '{}' and '{}' into one order on all their actors, or group them", plan.steps[sends[0]].name,
                       plan.steps[sends[1]].name);
  return "put these steps into an order that respects what each waits for";
}

}  // namespace

void verify_live(const Plan& plan) {
  const RoundGraph graph(plan, true);
  const auto circuit = find_dead_circuit(graph);
  if (!circuit) return;
  constexpr size_t kShown = 16;
  std::string text;
  int64_t tokens = 0;
  for (const auto& arc : *circuit) tokens += arc.tokens;
  for (size_t i = 0; i < circuit->size() && i < kShown; ++i) text += describe(plan, graph, (*circuit)[i].from) + " → ";
  if (circuit->size() > kShown) text += fmt::format("… {} more … → ", circuit->size() - kShown);
  text += describe(plan, graph, circuit->front().from);
  throw Error(Code::invalid_argument,
              fmt::format("the plan would deadlock: each of these waits for the one before it, and the circle holds {} "
                          "tokens where it needs 1: {}; {}",
                          tokens, text, mend(plan, graph, *circuit)));
}

}  // namespace stretto::compiling
