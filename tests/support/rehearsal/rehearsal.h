// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// An independent model of a running plan: lanes as queues, the driver as it submits, events in the order of time.
/// Shares no code with the core's prediction or with a scheduler's; what they say is held against it.

#include "stretto/plan.h"

#include <vector>

namespace stretto::testing {

/// One run of one step.
struct Performance {
  uint32_t step;
  int64_t execution;
  double start;
  double end;
};

struct Rehearsal {
  bool completes = false;    ///< false: something waited for ever
  double makespan = 0;       ///< from the first ticket to the end of the last run
  std::vector<double> ends;  ///< by execution: when all of it had ended
  int64_t blank_rounds = 0;
  std::vector<Performance> runs;  ///< in the order in which they ended

  /// Seconds from one execution to the next in the second half, where lanes still have later executions to do.
  double period(int32_t most_offset) const;
};

/// Runs the plan as data: a step starts when its lane has come to it in a round that was given out, every wait that
/// stands in the plan is over, and its resource has room (first ready, first served). A rendezvous, and a group, starts
/// when all its steps could and ends for all at once. Executions are submitted as early as the window allows; blank
/// rounds are given out where an execution could not end without.
Rehearsal rehearse(const Plan& plan, int64_t executions);

}  // namespace stretto::testing
