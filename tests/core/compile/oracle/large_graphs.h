// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Random graphs of five to eight nodes on three or four actors.

#include "random_graph/random_graph.h"

#include <functional>

namespace stretto::testing {

/// What exploring the plan of one may take; what takes more is counted as too large.
constexpr uint64_t kMostStates = 30'000;

/// Whether STRETTO_ORACLE=full asks for all; otherwise a sample is tried.
bool tries_all();

/// Calls `body` with so many of them, from the seed STRETTO_ORACLE_FROM on. Ends early once a test has failed fatally.
void each_large_graph(uint64_t count, const std::function<void(const RandomGraph&)>& body);

/// Without the settings of components of this kind: those of a component that a plan does not use are refused.
CompileOptions without(CompileOptions options, const std::string& kind);

/// The graph's own options, with this scheduler and a window of 1 to 3.
CompileOptions scheduled_by(const RandomGraph& random, const std::string& scheduler);

}  // namespace stretto::testing
