// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/verify/verify.h"

#include "compile/constraints.h"

namespace stretto {

void verify(const Plan& plan) {
  compiling::verify_indices(plan);
  compiling::verify_graph(plan);
  compiling::verify_steps(plan);
  compiling::verify_lanes(plan);
  const auto demanded = compiling::constraints_of(plan);
  compiling::verify_waits(plan, demanded);
  compiling::verify_window(plan);
  compiling::verify_captures(plan);
  compiling::verify_live(plan);
  compiling::verify_ordered(plan, demanded);
  compiling::verify_issue(plan, demanded);
}

}  // namespace stretto
