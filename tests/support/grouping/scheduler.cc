// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Level by level: a step's level is the longest way to it. What one actor sends and receives on a level over a
/// transport with one order is one group, its SENDs first on every actor. Without groups actors that send to each other
/// would stand still.

#include "stretto/scheduler.h"

#include <algorithm>
#include <map>
#include <tuple>

#ifndef STRETTO_NAME
#define STRETTO_NAME "grouping"
#endif

namespace stretto::testing {
namespace {

class Levels {
 public:
  Levels(const Problem& problem, Answer& answer) : problem_(problem), answer_(answer) {}

  void schedule() {
    find_levels();
    std::vector<uint32_t> order;
    for (uint32_t step = 0; step < problem_.steps.size(); ++step)
      if ((problem_.actors[at(step).actor]->flags & STRETTO_ACTOR_DRIVER) == 0) order.push_back(step);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) { return place_of(a) < place_of(b); });
    std::map<std::tuple<uint32_t, int32_t, int32_t>, std::vector<uint32_t>> groups;  // by actor, transport, level
    for (const uint32_t step : order) {
      answer_.step(lane_of(step), step);
      if (at(step).order >= 0 && at(step).kind != STRETTO_COLLECTIVE)
        groups[{at(step).actor, at(step).order, level_[step]}].push_back(step);
    }
    if (!problem_.settings.boolean("group")) return;
    for (const auto& [where, steps] : groups)
      if (steps.size() > 1) answer_.group(steps);
  }

 private:
  const stretto_step& at(uint32_t step) const { return *problem_.steps[step]; }

  /// Bellman and Ford's algorithm: problems of tests are small.
  void find_levels() {
    level_.assign(problem_.steps.size(), 0);
    std::map<int32_t, int32_t> of_joint;
    for (bool moved = true; moved;) {
      moved = false;
      const auto raise = [&](int32_t& level, int32_t least) {
        moved = moved || level < least;
        level = std::max(level, least);
      };
      for (const auto* place : problem_.places)
        if (place->tokens == 0) raise(level_[place->to], level_[place->from] + 1);
      for (uint32_t step = 0; step < level_.size(); ++step)
        if (at(step).joint >= 0) {
          raise(of_joint[at(step).joint], level_[step]);
          raise(level_[step], of_joint[at(step).joint]);
        }
    }
  }

  /// Groups before collectives, SENDs before RECEIVEs, and messages of a pair of actors in one order on both.
  std::tuple<int32_t, int32_t, int32_t> place_of(uint32_t step) const {
    const int32_t kind = at(step).kind == STRETTO_COLLECTIVE ? 2 : at(step).kind == STRETTO_RECEIVE ? 1 : 0;
    return {level_[step], kind, at(step).joint};
  }

  uint32_t lane_of(uint32_t step) {
    const auto& raw = at(step);
    const bool computes = raw.kind == STRETTO_COMPUTE || raw.kind == STRETTO_COPY;
    const int32_t which = raw.order >= 0 ? raw.order : computes ? -1 : -2;
    const auto known = lanes_.find({raw.actor, which});
    if (known != lanes_.end()) return known->second;
    const char* name = which >= 0 ? "groups" : computes ? "compute" : "transfers";
    return lanes_[{raw.actor, which}] = answer_.lane(raw.actor, name);
  }

  const Problem& problem_;
  Answer& answer_;
  std::vector<int32_t> level_;  // by step
  std::map<std::pair<uint32_t, int32_t>, uint32_t> lanes_;
};

class Grouping final : public Scheduler {
 public:
  void schedule(const Problem& problem, Answer& answer) const override { Levels(problem, answer).schedule(); }
};

}  // namespace
}  // namespace stretto::testing

STRETTO_PLUGIN(
    STRETTO_NAME, "0.1.0",
    stretto::scheduler_component<stretto::testing::Grouping>(
        STRETTO_NAME, "what an actor sends and receives at one time, as one group",
        {stretto::Option(stretto::Type::boolean, "group", "false: the same order, without groups").otherwise("true")}))
