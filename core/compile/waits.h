// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Pass `waits`: constraints become what a running plan waits for.

#include "compile/lower.h"

namespace stretto::compiling {

/// Fills in Step::waits, signals and header_waits, and Plan::issue_orders. The plan is scheduled by now.
/// Of several constraints from one other lane, a lane's semaphore needs the latest alone: it has counted the others.
/// Throws Code::invalid_argument where asynchronous devices could not issue round by round.
void derive_waits(const std::vector<Place>& places, Plan& plan);

}  // namespace stretto::compiling
