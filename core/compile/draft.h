// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Compilation up to the verifier.

#include "stretto/plan.h"

namespace stretto::compiling {

/// As `compile`, but nothing has verified the plan: its schedule may be any that a scheduler can say.
Plan draft(const Graph& graph, const CompileOptions& options, Catalogue& catalogue);

}  // namespace stretto::compiling
