// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Pass `place`: actors get their devices.

#include "compile/components.h"

namespace stretto::compiling {

/// The plan's actors, the driver last. Looks device components up, opens none.
/// Throws Code::invalid_argument for wrong names, Code::unavailable for a device that is not found.
std::vector<PlanActor> place(const Graph& graph, Components& components, bool processes);

}  // namespace stretto::compiling
