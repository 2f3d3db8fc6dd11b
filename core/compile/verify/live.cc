// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/rounds.h"
#include "compile/verify/verify.h"

#include <algorithm>
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
    case RoundGraph::Moment::begin: return "the begin of " + text;
  }
  return text;
}

/// The ring whose slots are the tokens of this arc; -1: none's are.
int32_t ring_of(const Plan& plan, const RoundGraph::Arc& arc) {
  if (arc.by == RoundGraph::By::release)
    return static_cast<int32_t>(plan.channels[static_cast<uint32_t>(arc.channel)].ring);
  if (arc.by != RoundGraph::By::wait) return -1;
  for (const uint32_t ring : plan.steps[arc.to_step].results)
    for (const uint32_t read : plan.steps[arc.from_step].inputs)
      if (read == ring) return static_cast<int32_t>(ring);
  return -1;
}

/// What mends a dead circuit: as many more slots as tokens are missing, where it runs through the reuse of slots; else
/// another order.
std::string mend(const Plan& plan, const std::vector<RoundGraph::Arc>& circuit, int64_t tokens) {
  for (const auto& arc : circuit)
    if (const int32_t number = ring_of(plan, arc); number >= 0) {
      const auto& ring = plan.rings[static_cast<uint32_t>(number)];
      return fmt::format("give the channel of '{}' {} slots", plan.values[ring.value].name, ring.slots + 1 - tokens);
    }
  std::vector<uint32_t> meetings;  // the SENDs, and a step of each collective, of joint transitions
  for (const auto& arc : circuit)
    for (const uint32_t number : {arc.from_step, arc.to_step}) {
      const auto& step = plan.steps[number];
      if (step.joint < 0) continue;
      const bool known = std::any_of(meetings.begin(), meetings.end(),
                                     [&](uint32_t meeting) { return plan.steps[meeting].joint == step.joint; });
      if (known) continue;
      meetings.push_back(step.channel < 0 ? number : plan.channels[static_cast<uint32_t>(step.channel)].send_step);
    }
  if (meetings.size() >= 2)
    return fmt::format("put '{}' and '{}' into one order on all their actors, or group them",
                       plan.steps[meetings[0]].name, plan.steps[meetings[1]].name);
  return "put these steps into an order that respects what each waits for";
}

}  // namespace

void verify_live(const Plan& plan) {
  const RoundGraph graph(plan, true);
  const auto circuit = find_dead_circuit(graph);
  if (!circuit) return;
  constexpr size_t kShown = 12;
  std::string text;
  int64_t tokens = 0;
  for (const auto& arc : *circuit) tokens += arc.tokens;
  for (size_t i = 0; i < circuit->size() && i < kShown; ++i) text += describe(plan, graph, (*circuit)[i].from) + " → ";
  if (circuit->size() > kShown) text += fmt::format("… {} more … → ", circuit->size() - kShown);
  text += describe(plan, graph, circuit->front().from);
  throw Error(Code::invalid_argument,
              fmt::format("the plan would deadlock: each of these waits for the one before it, and the circle holds {} "
                          "tokens where it needs 1: {}; {}",
                          tokens, text, mend(plan, *circuit, tokens)));
}

}  // namespace stretto::compiling
