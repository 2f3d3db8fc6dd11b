// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A run as it was recorded: work apart from waiting. Pure; any thread.

#include "stretto/runtime.h"

namespace stretto {

/// One execution as the driver saw it: nanoseconds on CLOCK_MONOTONIC. 0: has not come to that.
struct ExecutionTrace {
  int64_t submitted = 0;  ///< before its inputs were sent
  int64_t ended = 0;      ///< its result was there
};

struct RunTrace {
  std::vector<LaneTrace> lanes;
  std::vector<ExecutionTrace> executions;
};

/// Runs of steps that a lane had no room for.
uint64_t dropped(const RunTrace& trace);

/// When the work of each run of a step began, in the order of `trace.lanes[lane].steps`. A RECEIVE waits until its SEND
/// has begun, the two sides of a rendezvous until both have: what they do before is waiting, although they are in the
/// transport by then. Needs both sides' records; without, a run works from StepTrace::begin on.
std::vector<std::vector<int64_t>> work_begins(const Plan& plan, const RunTrace& trace);

/// What one step took, over all its recorded runs. Seconds.
struct MeasuredStep {
  uint64_t count = 0;
  double mean = 0;     ///< of its work
  double median = 0;   ///< of its work
  double minimum = 0;  ///< of its work
  double waited = 0;   ///< median of what it waited for other steps
};

/// By step of the plan; those without records have a count of 0.
std::vector<MeasuredStep> measure(const Plan& plan, const RunTrace& trace);
/// The same over several runs of one plan.
std::vector<MeasuredStep> measure(const Plan& plan, const std::vector<RunTrace>& traces);

/// The median; sorts. 0 where there is none.
double median(std::vector<double> values);

}  // namespace stretto
