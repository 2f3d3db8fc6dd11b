// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// All runs of a plan, as far as they differ.

#include "machine.h"

namespace stretto::testing {

struct Verdict {
  enum class Outcome { fine, stuck, race, too_large };
  Outcome outcome = Outcome::fine;
  std::string text;     ///< what stands still, or what goes wrong
  uint64_t states = 0;  ///< different ones that were seen
};

/// Explores every order in which lanes, threads and driver can act in this many executions, each state once.
Verdict explore(const Plan& plan, int8_t executions, Blanks blanks, uint64_t most_states = 200'000,
                Orders orders = Orders::that_differ);

/// What stands still where the driver submits all executions at once, as with a window for all of them, and whatever
/// goes wrong on the way; empty: they all arrive. One order tells, as no move takes another one's chance away.
std::string standstill(Plan plan, int8_t executions);

}  // namespace stretto::testing
