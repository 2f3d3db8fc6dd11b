// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Plugins as JSON, for `plugin info` and schemas.

#include "loader/adopt.h"

#include <nlohmann/json.hpp>

namespace stretto {

/// Name, type, help, default, range, choices.
nlohmann::json to_json(const stretto_option& option);

/// Kind, name, summary, options, and what the kind has more. Calls a device's `count`, which may block and fails
/// softly: "devices" is then 0 with a "reason"; and its `examine`, for "findings".
nlohmann::json to_json(const stretto_component& component);

nlohmann::json to_json(const AdoptedPlugin& plugin);

}  // namespace stretto
