// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// All runs of a plan, as far as they differ.

#include "stretto/plan.h"

namespace stretto::testing {

struct Verdict {
  enum class Outcome { fine, stuck, race, too_large };
  Outcome outcome = Outcome::fine;
  std::string text;     ///< what stands still, or what goes wrong
  uint64_t states = 0;  ///< different ones that were seen
};

/// Explores every order in which lanes, threads and driver can act in this many executions, each state once.
Verdict explore(const Plan& plan, int8_t executions, uint64_t most_states = 200'000);

}  // namespace stretto::testing
