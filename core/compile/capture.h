// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Pass `capture`: finds what an asynchronous device records once, when the plan opens, and then enqueues as one
/// (runs.h), and puts it together in the issue orders.
///
/// Two ways are tried. **Close** runs are rows of one lane, of which the first step alone may wait for anything else,
/// and for the last alone anything else waits: nothing starts later or is seen later than without. **Wide** ones take
/// in whatever can be recorded and need not be issued behind something that can't, on all lanes, with both ends of
/// messages: fewer launches, but a run begins with what its latest step needs, and nothing of it is seen before its
/// end. With "on" the wide ones are taken, unless there is a circle. With "auto" runs are left out that take
/// longer to launch than their steps, and of the two ways, and none at all, that with the shortest period is taken;
/// neither it nor the makespan of a few executions may be longer than with none.

#include "compile/components.h"

namespace stretto::compiling {

/// Of a plan that is complete but for its captures, for every actor on a device that captures: Plan::captures, as its
/// option `capture` says, the order of their steps' issue and their predicted seconds, and PlanActor::capture, which
/// says why.
void capture(Plan& plan, const Components& components, const Costs& costs);

}  // namespace stretto::compiling
