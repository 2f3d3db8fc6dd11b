// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the graph behind a plan demands, read off the plan's values, rings and channels: the places of its marked graph
/// without those of lanes. Any schedule of the same graph has to keep them, so the verifier checks the plan against
/// them, and lower bounds come from them. They are derived from the finished plan and not taken from the pass that made
/// it: neither trusts the other.

#include "compile/rows.h"
#include "stretto/plan.h"

namespace stretto::compiling {

/// `to` may run for execution i once `from` has run for execution i − tokens. Every step also follows its own earlier
/// run, which is not listed.
struct Constraint {
  enum class Kind {
    data,     ///< `to` reads the slot of `ring` that `from` fills, on one actor
    reuse,    ///< `to` fills the slot of `ring` that `from` has read: the tokens are its slots
    written,  ///< nodes of one actor, in the order written, but for collectives that a transport does
    message,  ///< RECEIVE after SEND, where they are not one transition
    release,  ///< as reuse, by way of the transport of `channel`
    ticket,   ///< after the ticket of its execution
    window    ///< the ticket, after an output of the execution `inflight` earlier
  };
  Kind kind;
  uint32_t from;
  uint32_t to;
  int32_t tokens;
  int32_t ring = -1;
  int32_t channel = -1;
};

/// By ring: the step that fills it; on the driver, the first SEND that declares to write it. -1: none.
/// Indices in the plan must be valid.
std::vector<int32_t> ring_writers(const Plan& plan);

/// By ring: the steps that read its slots, ascending. Indices in the plan must be valid.
Rows ring_readers(const Plan& plan);

/// All of them. Linear. The plan's steps must have been verified (verify_steps).
std::vector<Constraint> constraints_of(const Plan& plan);

}  // namespace stretto::compiling
