// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The parts of `verify`. Each throws Code::invalid_argument with names and a mend. None trusts how a plan was made;
/// each but the first trusts what those before it have checked.

#include "stretto/plan.h"

namespace stretto::compiling {

/// No circuit of transitions holds less than one token; see rounds.h.
void verify_live(const Plan& plan);

}  // namespace stretto::compiling
