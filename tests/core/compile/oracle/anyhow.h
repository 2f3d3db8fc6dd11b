// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A scheduler that answers anyhow: lanes, orders and offsets by lot, some of which make a schedule that works. What it
/// says is always a schedule in form.

#include "stretto/plan.h"

#include <optional>
#include <random>

namespace stretto::testing {

/// Compiles by it, with options by lot: which schedule; how often two neighbours of a right order change places; no
/// offsets, such that data flows forward, or any from 0 to 2; groups or none; up to two lanes per actor; a window of 1
/// to 3. Adds it to the catalogue.
CompileOptions anyhow(std::mt19937_64& random);

/// The plan of a graph, unverified; nothing where its asynchronous devices have no order in which to issue it, which is
/// refused before there is a plan.
std::optional<Plan> draft(const Graph& graph, const CompileOptions& options);

}  // namespace stretto::testing
