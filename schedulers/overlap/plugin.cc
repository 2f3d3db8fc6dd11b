// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
/// Receives, computes and sends on lanes of their own, so that receives run as far ahead as the slots allow, over the
/// border of executions too.

#include "order/linear_order.h"

#include <algorithm>
#include <map>
#include <string>

#ifndef STRETTO_NAME
#define STRETTO_NAME "overlap"
#endif

namespace {

using stretto::NodeRanks;
using stretto::Problem;

bool is(const Problem& problem, uint32_t actor, uint32_t flag) { return (problem.actors[actor]->flags & flag) != 0; }

/// Johnson's rule for two machines in a row, the link and the actor: with a = time to receive a node's inputs and
/// b = time to compute it, nodes with a <= b come first, by growing a; then the others, by shrinking b.
/// S. M. Johnson, Optimal two- and three-stage production schedules with setup times included, 1954.
struct JohnsonTimes {
  double receive = 0;
  double compute = 0;
  bool before(const JohnsonTimes& other) const {
    const bool first = receive <= compute;
    const bool other_first = other.receive <= other.compute;
    if (first != other_first) return first;
    return first ? receive < other.receive : compute > other.compute;
  }
};

/// Nodes of an actor that may reorder them trade their ranks among each other.
NodeRanks ranks_of(const Problem& problem) {
  NodeRanks ranks = stretto::written_ranks(problem);
  std::vector<JohnsonTimes> times(ranks.size());
  std::map<uint32_t, std::vector<int32_t>> free_nodes;
  for (const auto* step : problem.steps) {
    if (!is(problem, step->actor, STRETTO_ACTOR_ANY_ORDER)) continue;
    if (step->kind == STRETTO_RECEIVE && step->consumer >= 0)
      times[static_cast<size_t>(step->consumer)].receive += step->seconds;
    if (step->kind == STRETTO_COMPUTE && step->node >= 0) {
      times[static_cast<size_t>(step->node)].compute += step->seconds;
      free_nodes[step->actor].push_back(step->node);
    }
  }
  for (auto& [actor, nodes] : free_nodes) {
    std::vector<int32_t> places = nodes;
    std::sort(places.begin(), places.end());
    std::sort(nodes.begin(), nodes.end());
    std::stable_sort(nodes.begin(), nodes.end(), [&](int32_t a, int32_t b) {
      return times[static_cast<size_t>(a)].before(times[static_cast<size_t>(b)]);
    });
    for (size_t i = 0; i < nodes.size(); ++i) ranks[static_cast<size_t>(nodes[i])] = places[i];
  }
  return ranks;
}

class Overlap : public stretto::Scheduler {
 public:
  void schedule(const Problem& problem, stretto::Answer& answer) const override {
    const auto wanted = static_cast<uint32_t>(1 + problem.settings.integer("lookahead"));
    for (uint32_t ring = 0; ring < problem.rings.size(); ++ring)
      answer.slots(ring, std::clamp(wanted, problem.rings[ring]->min_slots, problem.rings[ring]->max_slots));
    std::map<std::pair<uint32_t, std::string>, uint32_t> lanes;
    for (const uint32_t number : stretto::linear_order(problem, ranks_of(problem))) {
      const stretto_step& step = *problem.steps[number];
      if (is(problem, step.actor, STRETTO_ACTOR_DRIVER)) continue;
      const std::string name = lane_name(step);
      auto lane = lanes.find({step.actor, name});
      if (lane == lanes.end())
        lane = lanes.emplace(std::pair(step.actor, name), answer.lane(step.actor, name.c_str())).first;
      answer.step(lane->second, number);
    }
  }

 private:
  static std::string lane_name(const stretto_step& step) {
    // A transport with one global order executes its steps one after the other anyway.
    if (step.order >= 0) return "transfer " + std::to_string(step.order);
    switch (step.kind) {
      case STRETTO_RECEIVE: return "receive";
      case STRETTO_SEND: return "send";
      case STRETTO_COPY: return step.node == step.consumer ? "copy in" : "copy out";
      default: return "compute";
    }
  }
};

}  // namespace

STRETTO_PLUGIN("overlap", "0.1.0",
               stretto::scheduler_component<Overlap>(
                   STRETTO_NAME, "receive, compute and send lanes; receives run ahead as far as the slots allow",
                   {stretto::Option(stretto::Type::integer, "lookahead",
                                    "executions that a receive may run ahead: a ring gets 1 + lookahead slots")
                        .otherwise("1")
                        .at_least(0)
                        .at_most(64)}))
