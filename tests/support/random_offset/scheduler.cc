// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Any legal schedule: lanes, orders, offsets and slots by lot. What works only under the house schedulers shows here.

#include "stretto/scheduler.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#ifndef STRETTO_NAME
#define STRETTO_NAME "random_offset"
#endif

namespace stretto::testing {
namespace {

/// The problem with joint transitions contracted to one vertex, and without the driver's steps.
struct Contracted {
  struct Arc {
    uint32_t from, to;
    int32_t tokens;
  };
  std::vector<int32_t> vertex_of;  // by step; -1: the driver's
  std::vector<std::vector<uint32_t>> steps_of;
  std::vector<Arc> arcs;
};

class Draw {
 public:
  Draw(const Problem& problem, Answer& answer)
      : problem_(problem), answer_(answer), random_(static_cast<uint64_t>(problem.settings.integer("seed"))) {}

  void schedule() {
    draw_slots();
    contract();
    draw_offsets();
    const auto order = linear_order();
    if (order.empty() && !graph_.steps_of.empty())
      throw Error(Code::invalid_argument, "no order of the steps satisfies the places even without offsets");
    give(order);
  }

 private:
  uint64_t below(uint64_t count) { return random_() % count; }

  void draw_slots() {
    for (const auto* ring : problem_.rings)
      slots_.push_back(ring->min_slots + static_cast<uint32_t>(below(ring->max_slots - ring->min_slots + 1)));
    for (uint32_t i = 0; i < slots_.size(); ++i) answer_.slots(i, slots_[i]);
  }

  bool driver(uint32_t step) const {
    return (problem_.actors[problem_.steps[step]->actor]->flags & STRETTO_ACTOR_DRIVER) != 0;
  }

  void contract() {
    std::map<int32_t, uint32_t> joints;
    for (uint32_t i = 0; i < problem_.steps.size(); ++i) {
      graph_.vertex_of.push_back(-1);
      if (driver(i)) continue;
      const int32_t joint = problem_.steps[i]->joint;
      const auto fresh = static_cast<uint32_t>(graph_.steps_of.size());
      const uint32_t vertex = joint < 0 ? fresh : joints.emplace(joint, fresh).first->second;
      if (vertex == fresh) graph_.steps_of.emplace_back();
      graph_.steps_of[vertex].push_back(i);
      graph_.vertex_of[i] = static_cast<int32_t>(vertex);
    }
    for (const auto* place : problem_.places) {
      const int32_t from = graph_.vertex_of[place->from], to = graph_.vertex_of[place->to];
      if (from < 0 || to < 0) continue;
      const int32_t tokens =
          place->ring >= 0 ? static_cast<int32_t>(slots_[static_cast<uint32_t>(place->ring)]) : place->tokens;
      if (from == to && tokens > 0) continue;
      graph_.arcs.push_back({static_cast<uint32_t>(from), static_cast<uint32_t>(to), tokens});
    }
    offsets_.assign(graph_.steps_of.size(), 0);
  }

  int32_t round_tokens(const Contracted::Arc& arc) const { return arc.tokens + offsets_[arc.to] - offsets_[arc.from]; }

  // Rises by one, here and there, are kept where every place still looks back and a round still has an order.
  void draw_offsets() {
    if (graph_.steps_of.empty()) return;
    const auto most = static_cast<int32_t>(below(static_cast<uint64_t>(problem_.settings.integer("most")) + 1));
    const uint64_t tries = 4 * graph_.steps_of.size();
    for (uint64_t i = 0; i < tries; ++i) {
      const auto before = offsets_;
      raise(static_cast<uint32_t>(below(graph_.steps_of.size())));
      const bool looks_back = std::all_of(graph_.arcs.begin(), graph_.arcs.end(),
                                          [&](const Contracted::Arc& arc) { return round_tokens(arc) >= 0; });
      const bool small = *std::max_element(offsets_.begin(), offsets_.end()) <= most;
      if (!looks_back || !small || linear_order().empty()) offsets_ = before;
    }
  }

  /// Raises a vertex and all that must then rise with it, as data has to follow its producer.
  void raise(uint32_t vertex) {
    ++offsets_[vertex];
    for (bool moved = true; moved;) {
      moved = false;
      for (const auto& arc : graph_.arcs)
        if (round_tokens(arc) < 0 && arc.to != vertex) {
          ++offsets_[arc.to];
          moved = true;
        }
      if (*std::max_element(offsets_.begin(), offsets_.end()) > 16) return;
    }
  }

  /// A random linear extension of the places without round tokens; empty where there is a circuit.
  std::vector<uint32_t> linear_order() {
    const auto count = static_cast<uint32_t>(graph_.steps_of.size());
    std::vector<uint32_t> blocked(count, 0), ready, order;
    std::vector<std::vector<uint32_t>> after(count);
    for (const auto& arc : graph_.arcs)
      if (round_tokens(arc) == 0) {
        ++blocked[arc.to];
        after[arc.from].push_back(arc.to);
      }
    for (uint32_t i = 0; i < count; ++i)
      if (blocked[i] == 0) ready.push_back(i);
    while (!ready.empty()) {
      std::swap(ready[below(ready.size())], ready.back());
      const uint32_t next = ready.back();
      ready.pop_back();
      order.push_back(next);
      for (const uint32_t follower : after[next])
        if (--blocked[follower] == 0) ready.push_back(follower);
    }
    if (order.size() < count) order.clear();
    return order;
  }

  void give(const std::vector<uint32_t>& order) {
    std::map<uint32_t, uint64_t> lanes_of;                      // by actor: how many
    std::map<std::pair<uint32_t, uint64_t>, uint32_t> opened;   // by actor and number among its lanes
    std::map<std::pair<uint32_t, int32_t>, uint32_t> together;  // by actor and order number
    const auto draw_lane = [&](uint32_t actor) {
      const uint64_t count = lanes_of.emplace(actor, 1 + below(3)).first->second;
      const uint64_t number = below(count);
      const auto known = opened.find({actor, number});
      if (known != opened.end()) return known->second;
      return opened[{actor, number}] = answer_.lane(actor, ("lane " + std::to_string(number)).c_str());
    };
    for (const uint32_t vertex : order)
      for (const uint32_t step : graph_.steps_of[vertex]) {
        const auto& raw = *problem_.steps[step];
        uint32_t lane = 0;
        if (raw.order < 0)
          lane = draw_lane(raw.actor);
        else if (const auto known = together.find({raw.actor, raw.order}); known != together.end())
          lane = known->second;
        else
          lane = together[{raw.actor, raw.order}] = draw_lane(raw.actor);
        answer_.step(lane, step, offsets_[vertex]);
      }
  }

  const Problem& problem_;
  Answer& answer_;
  std::mt19937_64 random_;
  std::vector<uint32_t> slots_;
  Contracted graph_;
  std::vector<int32_t> offsets_;  // by vertex
};

class RandomOffset final : public Scheduler {
 public:
  void schedule(const Problem& problem, Answer& answer) const override { Draw(problem, answer).schedule(); }
};

}  // namespace
}  // namespace stretto::testing

STRETTO_PLUGIN(
    STRETTO_NAME, "0.1.0",
    stretto::scheduler_component<stretto::testing::RandomOffset>(
        STRETTO_NAME, "any legal schedule, by lot",
        {stretto::Option(stretto::Type::integer, "seed", "of the lot").otherwise("0").at_least(0),
         stretto::Option(stretto::Type::integer, "most", "the largest offset").otherwise("3").at_least(0).at_most(16)}))
