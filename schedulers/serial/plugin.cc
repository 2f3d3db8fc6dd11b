// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
/// The smallest legal scheduler: every actor has one lane, in the order written. What overlap is measured against.

#include "order/linear_order.h"

#include <map>

#ifndef STRETTO_NAME
#define STRETTO_NAME "serial"
#endif

namespace {

class Serial : public stretto::Scheduler {
 public:
  void schedule(const stretto::Problem& problem, stretto::Answer& answer) const override {
    std::map<uint32_t, uint32_t> lanes;
    for (const uint32_t number : stretto::linear_order(problem, stretto::written_ranks(problem))) {
      const uint32_t actor = problem.steps[number]->actor;
      if ((problem.actors[actor]->flags & STRETTO_ACTOR_DRIVER) != 0) continue;
      auto lane = lanes.find(actor);
      if (lane == lanes.end()) lane = lanes.emplace(actor, answer.lane(actor, "serial")).first;
      answer.step(lane->second, number);
    }
  }
};

}  // namespace

STRETTO_PLUGIN("serial", "0.1.0",
               stretto::scheduler_component<Serial>(STRETTO_NAME, "one lane per actor, in the order written"))
