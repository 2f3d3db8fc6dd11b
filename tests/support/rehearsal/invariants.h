// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What must hold of every plan, whatever the schedule; checked on a rehearsal of it.

#include "rehearsal/rehearsal.h"

#include <string>

namespace stretto::testing {

/// The first invariant that does not hold, in words; empty: all hold. They are:
/// every step has run once for every execution, and in their order; nothing reads a slot before it was written, or
/// writes it before everybody has read what was there; nodes of an actor start in the order written, unless it says
/// that any order will do; all rendezvous of one transport stand in one order.
std::string broken_invariant(const Plan& plan, const Rehearsal& rehearsal, int64_t executions);

}  // namespace stretto::testing
