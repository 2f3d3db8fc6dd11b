// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Predictions in words and as JSON. Pure.

#include "stretto/prediction.h"

#include <nlohmann/json_fwd.hpp>

namespace stretto {

/// What limits the period: the steps around the circuit with their durations, and why each follows the one before; or
/// the resource and its users. Lines.
std::string describe(const Plan& plan, const Bottleneck& bottleneck);
/// One line: "all work of 'device of receiver', and what comes before and after it".
std::string describe(const Plan& plan, const Bound& bound);

nlohmann::json to_json(const Plan& plan, const Bottleneck& bottleneck);
nlohmann::json to_json(const Plan& plan, const Bound& bound);

}  // namespace stretto
