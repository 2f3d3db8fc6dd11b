// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Every step on a lane of its own, and every ring with all the slots that it may have: no order but that of the graph.
/// What such a plan takes, no schedule can beat.

#include "stretto/scheduler.h"

#ifndef STRETTO_NAME
#define STRETTO_NAME "apart"
#endif

namespace stretto::testing {
namespace {

class Apart final : public Scheduler {
 public:
  void schedule(const Problem& problem, Answer& answer) const override {
    for (uint32_t ring = 0; ring < problem.rings.size(); ++ring) answer.slots(ring, problem.rings[ring]->max_slots);
    for (uint32_t number = 0; number < problem.steps.size(); ++number) {
      const auto& step = *problem.steps[number];
      if ((problem.actors[step.actor]->flags & STRETTO_ACTOR_DRIVER) != 0) continue;
      answer.step(answer.lane(step.actor, ("step " + std::to_string(number)).c_str()), number);
    }
  }
};

}  // namespace
}  // namespace stretto::testing

STRETTO_PLUGIN(STRETTO_NAME, "0.1.0",
               stretto::scheduler_component<stretto::testing::Apart>(STRETTO_NAME, "every step on a lane of its own"))
