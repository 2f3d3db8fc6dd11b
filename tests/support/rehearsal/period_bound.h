// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stretto/plan.h"

namespace stretto::testing {

/// A period that no schedule of the graph can beat. `apart` is its plan under the scheduler of that name: no order but
/// that of the graph, all slots that there may be. The larger of the work of the busiest resource, and the largest
/// ratio of durations to tokens over the circuits of waits (data, slots, window), found by bisection: at a period below
/// it some circuit gains time at every turn (Lawler, Combinatorial optimization, 1976).
double period_bound(const Plan& apart);

}  // namespace stretto::testing
