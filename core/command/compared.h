// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the runs of one variant come to. Pure.

#include "trace/run_trace.h"

#include <limits>

namespace stretto {

struct Sample {
  double seconds = 0;
  double cpu_seconds = 0;
  std::vector<MeasuredStep> steps;
};

/// All in seconds. Medians over the runs, so that an odd run bends nothing; what is made of durations of steps is made
/// of each run's own means, since a run takes what its steps took.
struct Compared {
  double duration = 0;
  double least = 0;
  double most = 0;
  double cpu = 0;
  double transfer = 0;         ///< t: the longest work of a RECEIVE from another actor
  int32_t transfer_step = -1;  ///< that one
  double longest = 0;          ///< m: the longest COMPUTE
  int32_t longest_step = -1;   ///< that one
  double bound = 0;            ///< no schedule of this graph can be faster, with the durations of that run
  double serial = 0;           ///< the busiest actor, one step after another
  double phi = 0;              ///< bound / duration
  /// Hidden / what could be hidden; NaN where there is next to nothing to hide, negative for what is slower than
  /// serial.
  double eta = std::numeric_limits<double>::quiet_NaN();
};

/// The plan with the mean durations that a run had, as predictions want it. Steps without records keep theirs.
Plan with_durations(const Plan& plan, const std::vector<MeasuredStep>& steps);

/// `samples`: at least one. `executions`: of each run.
Compared compared(const Plan& plan, const std::vector<Sample>& samples, int64_t executions);

/// The same with the plan's own durations and a predicted makespan in place of runs.
Compared predicted(const Plan& plan, int64_t executions);

}  // namespace stretto
