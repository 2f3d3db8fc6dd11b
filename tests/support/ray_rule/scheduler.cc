// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The rule of Ray Compiled Graph's overlap, for comparison: an actor works on one execution at a time, nodes in the
/// order written, and each RECEIVE is moved before the nearest earlier computation, so that it overlaps with that one
/// and no other.
///
/// With R1 C1 R2 C2 … the receives and computations of an actor's nodes in order, two lanes say just that:
/// A: R1 R2 C2 R4 C4 …, B: C1 R3 C3 R5 C5 …; R3 waits for C1, and runs beside C2. Computations follow each other by the
/// places of the written order. The last one stands on A, so that no receive of the next execution comes before it.

#include "order/linear_order.h"

#include <array>
#include <map>

#ifndef STRETTO_NAME
#define STRETTO_NAME "ray_rule"
#endif

namespace stretto::testing {
namespace {

struct Node {
  std::vector<uint32_t> receives;  // copies in as well
  uint32_t compute = 0;
};

struct Actor {
  std::vector<Node> nodes;                           // in order
  std::map<int32_t, size_t> place;                   // by node number, in `nodes`
  std::vector<uint32_t> sends;                       // copies out as well
  std::vector<uint32_t> other_receives;              // for no node of this actor
  std::map<int32_t, std::vector<uint32_t>> ordered;  // by order number: steps of a one-global-order transport
};

class RayRule final : public Scheduler {
 public:
  void schedule(const Problem& problem, Answer& answer) const override {
    const auto order = linear_order(problem, written_ranks(problem));
    std::map<uint32_t, Actor> actors;
    const auto each = [&](auto&& visit) {
      for (const uint32_t number : order)
        if (const auto& step = *problem.steps[number]; (problem.actors[step.actor]->flags & STRETTO_ACTOR_DRIVER) == 0)
          visit(number, step, actors[step.actor]);
    };
    each([](uint32_t number, const stretto_step& step, Actor& actor) {
      if (step.kind != STRETTO_COMPUTE) return;
      actor.place[step.node] = actor.nodes.size();
      actor.nodes.push_back({{}, number});
    });
    each([](uint32_t number, const stretto_step& step, Actor& actor) {
      if (step.kind == STRETTO_COMPUTE) return;
      const auto place = actor.place.find(step.consumer);
      const bool brings = step.kind == STRETTO_RECEIVE || step.node == step.consumer;
      if (step.order >= 0)
        actor.ordered[step.order].push_back(number);
      else if (brings && place != actor.place.end())
        actor.nodes[place->second].receives.push_back(number);
      else
        (brings ? actor.other_receives : actor.sends).push_back(number);
    });
    for (const auto& [number, actor] : actors) give(number, actor, answer);
  }

 private:
  static void give(uint32_t number, const Actor& actor, Answer& answer) {
    std::array<std::vector<uint32_t>, 2> lanes;  // A, B
    const auto& nodes = actor.nodes;
    const auto receive = [&](size_t i, size_t lane) {
      if (i < nodes.size()) lanes[lane].insert(lanes[lane].end(), nodes[i].receives.begin(), nodes[i].receives.end());
    };
    receive(0, 0);
    receive(1, 0);
    for (size_t i = 0; i < nodes.size(); ++i) {
      const size_t lane = i % 2 == 0 ? 1 : 0;
      lanes[i + 1 == nodes.size() ? 0 : lane].push_back(nodes[i].compute);
      receive(i + 2, lane);
    }
    const auto open = [&](const std::string& name, const std::vector<uint32_t>& steps) {
      if (steps.empty()) return;
      const uint32_t lane = answer.lane(number, name.c_str());
      for (const uint32_t step : steps) answer.step(lane, step);
    };
    open("a", lanes[0]);
    open("b", lanes[1]);
    open("send", actor.sends);
    open("receive", actor.other_receives);
    for (const auto& [order, steps] : actor.ordered) open("transfer " + std::to_string(order), steps);
  }
};

}  // namespace
}  // namespace stretto::testing

STRETTO_PLUGIN(STRETTO_NAME, "0.1.0",
               stretto::scheduler_component<stretto::testing::RayRule>(
                   STRETTO_NAME, "each receive before the nearest earlier computation, one execution at a time"))
