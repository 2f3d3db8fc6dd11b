// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Arcs of the round graph as a user is told of them.

#include "compile/rounds.h"
#include "stretto/prediction.h"

namespace stretto::compiling {

/// The arcs of a path or circuit by what they mean. Where one ends at another step of the same joint transition than
/// the next one starts at, a Dependence::By::rendezvous stands between them. Moments of one step (its issue, its note)
/// are joined. The plan must be verified.
std::vector<Dependence> dependences_of(const Plan& plan, const std::vector<RoundGraph::Arc>& arcs);

}  // namespace stretto::compiling
