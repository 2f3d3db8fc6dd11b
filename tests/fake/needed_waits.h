// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The waits of a plan that it can't do without, and the plan without one of them.

#include "unverified.h"

#include <map>

namespace stretto::testing {

/// A wait between lanes, by where it stands in the plan.
struct Stand {
  uint32_t step;
  size_t wait;
};

Plan without(Plan plan, const Stand& stand);
/// By the verifier.
bool refused(const Plan& plan);
/// The waits that the plan can't do without, by kind: "RECEIVE before COMPUTE", "… into its slot". A wait that keeps
/// an order which no access needs can't be missed by a checker of accesses.
std::map<std::string, std::vector<Stand>> needed_waits(const Trial& trial);

}  // namespace stretto::testing
