// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a plan will take, before anything runs: its steady period and the circuit that limits it, the times of every
/// step of N executions, and a time that no schedule of the same graph can beat. The theory stands in
/// core/compile/README.md.
///
/// Pure functions of a verified plan and the durations in Step::seconds; any thread. All times are in seconds. Linear
/// in steps, waits and (for `simulate`) executions, but for the iterations of `predict`, which are few in practice.

#include "stretto/plan.h"

#include <string>
#include <vector>

namespace stretto {

/// Why a step cannot start before another has ended: an arc of the plan's marked graph.
struct Dependence {
  enum class By {
    lane,        ///< they share a lane, which runs its steps in order
    data,        ///< `to` reads what `from` made, on one actor
    slots,       ///< `to` writes the slot that `from` has read or sent: `ring` has too few slots
    message,     ///< `to` receives what `from` sends over `channel`
    order,       ///< some other wait of the plan, e.g. for the order in which nodes were written
    window,      ///< a new execution enters when an earlier one has left: `inflight`
    issue,       ///< the thread that issues an asynchronous device's steps does so one by one
    header,      ///< the thread that issues awaits the header of what `from` brings
    rendezvous,  ///< a SEND and its RECEIVE, or the steps of a group, run as one
  };
  By by = By::lane;
  uint32_t from = 0;     ///< step
  uint32_t to = 0;       ///< step
  int32_t tokens = 0;    ///< `to` in round r follows `from` in round r − tokens
  int32_t lane = -1;     ///< for By::lane
  int32_t ring = -1;     ///< for By::data and By::slots: of the writer
  int32_t channel = -1;  ///< for By::message; for By::slots where the transport gives the slot back
};

/// "RECEIVE x on b waits for a slot of x (1 of 1 in use until COMPUTE y has ended)".
std::string to_text(const Plan& plan, const Dependence& dependence);

/// What limits the period: a circuit of steps, or a resource that all its users share.
struct Bottleneck {
  std::vector<Dependence> circuit;  ///< each arc starts where the one before it ends; empty: a resource limits
  int32_t resource = -1;            ///< into Plan::resources
  double seconds = 0;               ///< around the circuit; of the resource: the work of one execution
  int64_t tokens = 1;               ///< around the circuit; of the resource: its capacity
};

struct Prediction {
  double period = 0;  ///< seconds from one execution to the next, once the plan runs steadily
  Bottleneck bottleneck;
};

/// One thing that a user could change, to see what it would bring. What is left as it is here stays as it is.
struct Change {
  int32_t ring = -1;       ///< gets more slots; so do the rings that are views of it
  int32_t more_slots = 0;  ///< for `ring`
  int32_t resource = -1;   ///< everything that uses it …
  int32_t step = -1;       ///< or this step …
  double speed = 1;        ///< … becomes faster by this factor
  int32_t more_inflight = 0;
};

/// The steady period: the largest ratio of durations to tokens over all circuits of the plan in rounds, or of work to
/// capacity over all resources. Exact where lanes or waits order the users of each resource, and offsets are smaller
/// than the window or all devices block; else a lower bound.
Prediction predict(const Plan& plan);
/// The same with something changed. Never above what the changed plan would really have: waits that the change makes
/// needless are dropped, those that they covered may be missing.
Prediction predict(const Plan& plan, const Change& change);

/// One run of one step, the driver's included.
struct StepRun {
  uint32_t step = 0;
  int64_t execution = 0;
  double start = 0;
  double end = 0;
};

struct Timeline {
  double makespan = 0;        ///< from the first ticket to the end of the last execution
  std::vector<StepRun> runs;  ///< by start, then by end, then by step
};

/// Runs the plan's model: every execution is submitted as early as the window allows, offsets and blank rounds as the
/// driver gives them, each shared resource in order of readiness. Throws Code::invalid_argument for a negative number,
/// and for more than 20 million runs of steps.
Timeline simulate(const Plan& plan, int64_t executions);

/// A time that no schedule of the plan's graph can beat, and why.
struct Bound {
  enum class Reason {
    critical_path,  ///< the longest chain of steps through the executions, slots and window included
    resource,       ///< what must come before its first use, all its work, what must come after its last
    window,         ///< executions follow each other `inflight` apart, and each takes its time alone
  };
  double seconds = 0;
  Reason reason = Reason::critical_path;
  int32_t resource = -1;        ///< for Reason::resource
  std::vector<uint32_t> steps;  ///< for Reason::critical_path: the chain's steps, as they follow each other
};

/// A lower bound on the makespan of N executions, whatever the lanes, orders, offsets and slots (up to
/// Ring::max_slots).
Bound lower_bound(const Plan& plan, int64_t executions);
/// A lower bound on the period in the same sense. `steps` are those of the circuit.
Bound lower_bound_of_period(const Plan& plan);

}  // namespace stretto
