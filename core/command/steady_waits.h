// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where lanes stand idle once a plan runs steadily, and for what. Pure.

#include "stretto/prediction.h"

namespace stretto {

struct SteadyWait {
  uint32_t step = 0;
  double seconds = 0;  ///< that its lane stands idle before it, in each execution
  int32_t wait = -1;   ///< into Step::waits: what was over last; -1: the lane itself was late
};

/// By seconds, longest first; those shorter than `least` are left out. Simulates a few rounds of the plan.
std::vector<SteadyWait> steady_waits(const Plan& plan, double least);

}  // namespace stretto
