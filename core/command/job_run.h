// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a job once, from opening the actors to their end, and says what it took.

#include "command/interrupts.h"
#include "command/progress.h"
#include "command/ready.h"
#include "trace/run_trace.h"

#include <functional>

namespace stretto {

/// How one execution ended.
struct Result {
  int64_t execution = 0;
  std::vector<Tensor> values;  ///< by output field
  std::string error;           ///< empty: `values` are there
};

struct RunFigures {
  double seconds = 0;        ///< from the first submission to the last result
  double open_seconds = 0;   ///< until every actor was ready
  double close_seconds = 0;  ///< from the last result until every actor had ended
  double cpu_seconds = 0;    ///< of driver and actors, from opening to closing
  int64_t executions = 0;    ///< that have ended
  std::vector<StepTimes> steps;
  RunTrace trace;
};

/// How many executions of this job can be traced in bounded memory: all of a usual one.
uint64_t traceable_executions(const Ready& ready);

/// Opens the plan, executes it as often as the job says with `inflight` executions under way, closes it. `take` is
/// called once for each execution that was submitted, in order, and for one that could not be; after the last result,
/// so that it costs no time of the run, unless the results are large together: then as they come. The first
/// `trace_executions` are traced.
/// Blocks. After an interrupt it ends early, which is no error. Throws Error where the plan cannot be opened or an
/// input has no feed.
RunFigures run_job(const Invocation& invocation, Ready& ready, Interrupts& interrupts, Progress& progress,
                   uint64_t trace_executions, const std::function<void(Result)>& take);

}  // namespace stretto
