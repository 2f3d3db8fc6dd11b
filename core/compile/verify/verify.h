// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The parts of `verify`, in the order in which they run. Each throws Code::invalid_argument with names and a mend.
/// None trusts how a plan was made; each relies on what those before it have checked. Together they prove: every run of
/// the plan, with whatever blank rounds, ends, and no step reads or writes what another one may be changing.

#include "stretto/plan.h"

#include <fmt/format.h>
#include <span>

namespace stretto::compiling {

struct Constraint;  // constraints.h; what some take is constraints_of(plan)

/// Every index lies in its table and every number in its range. What follows may use them.
void verify_indices(const Plan& plan);

/// Values, nodes, rings, channels, inputs and outputs describe one graph.
void verify_graph(const Plan& plan);

/// Every node has its COMPUTE, every channel its SEND and RECEIVEs; each step reads, writes, acquires and releases what
/// its kind and its place in the graph say, and declares all of it.
void verify_steps(const Plan& plan);

/// Every step stands once, on a lane of its actor; groups are runs of one lane; joint steps share one offset; the steps
/// of a transport with a global order share one lane per actor, and one order over all actors.
void verify_lanes(const Plan& plan);

/// Waits say what they claim to: those of lanes are signalled, those of transports and tickets are all there and no
/// others. That a lane's order gives what it should is verify_ordered's to say.
void verify_waits(const Plan& plan, std::span<const Constraint> demanded);

/// The threads that issue for asynchronous devices: each issues all its steps, what a step needs before it, and awaits
/// the headers that it needs.
void verify_issue(const Plan& plan, std::span<const Constraint> demanded);

/// No execution enters before the one `inflight` earlier has left with all its steps, and the driver has a slot for
/// each.
void verify_window(const Plan& plan);

/// No circuit of transitions holds less than one token; see rounds.h.
void verify_live(const Plan& plan);

/// Whatever two steps both touch, and one of them changes, is ordered by what the plan really waits for.
void verify_ordered(const Plan& plan, std::span<const Constraint> demanded);

/// Steps that are captured as one could be one, at the place of the first, without any run being another.
void verify_captures(const Plan& plan);

/// For what only a broken or edited file can hold.
template <class... Parts>
[[noreturn]] void inconsistent(fmt::format_string<Parts...> format, Parts&&... parts) {
  throw Error(
      Code::invalid_argument,
      "the plan is inconsistent: " + fmt::format(format, std::forward<Parts>(parts)...) + "; compile the job again");
}

}  // namespace stretto::compiling
