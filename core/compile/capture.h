// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Pass `capture`: runs of steps that an asynchronous device records once, when the plan opens, and then enqueues as
/// one.
///
/// All of a run's steps are COMPUTE or COPY of static values on one lane, side by side and with one offset. Only the
/// first may wait for another lane, for a slot or for a header; what others wait for, or a slot that is given back,
/// ends the run. So it waits for nothing between its begin and its end, nothing waits for its middle, and whoever takes
/// it for one step changes no circuit and no order. It is enqueued where its first step is issued.
///
/// Addresses are recorded, and slots turn with the execution: a run is recorded once for each phase, which are as many
/// as the least common multiple of its slots.

#include "compile/components.h"

namespace stretto::compiling {

constexpr uint32_t kMostPhases = 16;

/// Finds runs in a plan that is complete but for its captures. The plan outlives this.
class Runs {
 public:
  explicit Runs(const Plan& plan);
  /// Why a step can't be recorded; empty: it can.
  std::string obstacle(uint32_t number) const;
  /// Why a step does not go on with a run; empty: it does. `run` is one already.
  std::string obstacle_behind(const Captured& run, uint32_t number) const;
  /// The phases of steps with so many, and this one.
  uint32_t phases(uint32_t step, uint32_t others = 1) const;

 private:
  const Plan& plan_;
  std::vector<int32_t> maker_;            // by ring: the step of its own actor that fills it
  std::vector<uint32_t> issue_position_;  // by step
};

/// For every actor on a device that captures: Plan::captures, as its option `capture` says (with "auto" those alone
/// that are predicted to take less), the predicted seconds of their steps, and PlanActor::capture, which says why.
void capture(Plan& plan, const Components& components, const Costs& costs);

}  // namespace stretto::compiling
