// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A recorded run for ui.perfetto.dev and chrome://tracing.

#include "trace/run_trace.h"

#include <ostream>

namespace stretto {

/// Writes the JSON object format of the Trace Event Format: a process per actor, a thread per lane, a slice per run of
/// a step (category "work") and another for what it waited before ("wait"), an arrow from each SEND to its RECEIVEs,
/// and the executions from submission to result as asynchronous slices of the driver. Times in microseconds from the
/// first record; "otherData" has the zero on CLOCK_MONOTONIC, the plan's hash and what was dropped. Blocks to write.
void write_chrome_trace(std::ostream& out, const Plan& plan, const RunTrace& trace);

}  // namespace stretto
