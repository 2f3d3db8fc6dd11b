// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The verifier and the model on one plan.

#include "stretto/plan.h"

#include <map>
#include <string>

namespace stretto::testing {

/// What came of all trials.
struct Tally {
  std::map<std::string, uint64_t> plans;  ///< by outcome
  uint64_t states = 0;
  uint64_t most = 0;  ///< states of one plan
};

/// The executions in which whatever can go wrong in a plan of a few nodes does.
int8_t executions_for(const Plan& plan);

/// Fails, fatally, where the verifier accepts what can go wrong in the model or refuses what can't.
///
/// The verifier holds a schedule against any driver that gives every round that it may: the model's gives blank rounds
/// at will. It also refuses what comes to a standstill only while rounds go on without blank ones, which the plan's own
/// window may never let happen; then the model must stand still with a wider one.
void compare(const Plan& plan, const std::string& what, Tally& tally, uint64_t most_states = 200'000);

/// On stdout.
void report(const std::string& what, const Tally& tally);

}  // namespace stretto::testing
