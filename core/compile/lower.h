// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Pass `lower`: the marked graph. Steps are its transitions, places its constraints; lanes come later.

#include "compile/cut.h"

namespace stretto::compiling {

/// `to` may run for execution i once `from` has run for i - tokens.
struct Place {
  uint32_t from;
  uint32_t to;
  int32_t tokens;
  int32_t ring = -1;  ///< >= 0: slot reuse; the tokens are the slots of that ring, whatever the schedule gives it
};

struct Marked {
  std::vector<Step> steps;  ///< without lanes and waits; `joint` is complete
  std::vector<Place> places;
  std::vector<PlanResource> resources;
  uint32_t ticket_step = 0;
  /// By step, as a scheduler is told: a node's number, and the first node that needs it; -1 for none.
  std::vector<int32_t> node;
  std::vector<int32_t> consumer;
};

/// Fills in the step numbers of the cut's channels.
Marked lower(const std::vector<PlanActor>& actors, const Checked& checked, uint32_t inflight, Cut& cut);

/// Predicted durations and the resources that steps share, from what the costs state, and for the rest from what ops
/// say and the rates in costs.cc.
void predict_costs(const std::vector<PlanActor>& actors, const Checked& checked, const Cut& cut,
                   const Components& components, const Costs& costs, Marked& marked);

/// Seconds that every COMPUTE and COPY of the actor takes at least.
double launch_seconds(const PlanActor& actor, const Components& components, const Costs& costs);

}  // namespace stretto::compiling
