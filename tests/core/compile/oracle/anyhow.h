// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A scheduler that answers anyhow: lanes, orders and offsets by lot, some of which make a schedule that works. What it
/// says is always a schedule in form.

#include "stretto/scheduler.h"

namespace stretto::testing {

/// Options: `seed`; `slips`, how often two neighbours of a right order change places; `offsets`: 0 none, 1 such that
/// data flows forward, 2 any; `lanes`, the most per actor.
const stretto_component* anyhow_scheduler();

}  // namespace stretto::testing
