// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Plans to look at, and graphs to make them from.

#include "random_graph/random_graph.h"
#include "stretto/catalogue.h"
#include "stretto/plan.h"

#include <functional>
#include <gtest/gtest.h>

namespace stretto::testing {

/// All plugins of the build, the test plugins too. One per program: plugins are never unloaded.
Catalogue& catalogue();

/// The plan of a random graph.
Plan random_plan(uint64_t seed);

/// The message of the Error that `body` throws; empty where it throws none.
std::string refusal(const std::function<void()>& body);
std::string refusal(const Plan& plan);

/// "" where the plan is accepted with exactly these words in the refusal; else what it said.
::testing::AssertionResult refused_with(const Plan& plan, const std::string& words);

/// Two actors and shm; `from` makes a value on the first that `to` reads on the second.
Graph pair_graph(const std::string& transport = "shm");
CompileOptions options_with(const std::string& scheduler, uint32_t inflight = 2);

}  // namespace stretto::testing
