// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Cost files: durations of ops, rates of devices, latency and bandwidth of transports and links. The format stands in
/// core/compile/README.md.

#include "job/written.h"
#include "stretto/costs.h"

#include <string>

namespace stretto {

/// Reads a cost file; blocks for that. Throws Code::invalid_argument: "file:line:column: what was found, what was
/// expected, the nearest right name".
Costs read_costs(const std::string& path);

/// The same of what was parsed already. Pure.
Costs costs_of(const Written& root);

/// The text of a cost file; `read_costs` gives the same costs back. Pure.
std::string to_toml(const Costs& costs);

}  // namespace stretto
