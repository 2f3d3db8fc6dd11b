// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Blank rounds of a plan that runs steadily with its window full.
///
/// Let O be the largest offset. Execution i is complete once round ρ(i) + O has run. While the driver waits for it, it
/// has published inflight − 1 rounds behind ρ(i), and adds the O − (inflight − 1) blank ones that are missing. So
/// rounds come in turns of M = 1 + max(0, O − inflight + 1), of which the first alone brings an execution.
///
/// A turn of M rounds is one round of another plan without blanks: a step with offset o works in turn t on execution
/// t − ⌊o / M⌋, in the (o mod M)-th round of the turn. So sorting every lane by (o mod M, position) and taking ⌊o / M⌋
/// for offsets gives a plan with the same orders in each turn, and circuits can be counted in it.
///
/// That is so where no step waits for a later round than its own. Where one does, because what it waits for has a
/// larger offset O, an execution may need rounds that only later ones' blank rounds bring; the driver gives all, and M
/// = 1 + O.

#include "stretto/plan.h"

namespace stretto::compiling {

/// Whether some step waits for a later round than its own. Linear.
bool looks_ahead(const Plan& plan);

/// How many blank rounds the driver must have given since the last submission before it may wait for an execution that
/// `later` others were submitted after. Both callers know the first two: they are the plan's.
inline int32_t blank_rounds(int32_t max_offset, bool looks_ahead, int64_t later) {
  if (looks_ahead || later <= 0) return max_offset;
  return later >= max_offset ? 0 : max_offset - static_cast<int32_t>(later);
}

/// M above; 1: no blank rounds.
int32_t rounds_per_execution(const Plan& plan);

/// The plan in turns. For timing alone: its waits need not be those of a runnable plan. `plan` must be verified.
Plan in_turns(const Plan& plan);

}  // namespace stretto::compiling
