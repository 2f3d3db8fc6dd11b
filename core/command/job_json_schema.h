// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The job file as JSON Schema, for editors. Pure.

#include "command/found_plugins.h"

namespace stretto {

/// JSON Schema, draft 7, of a job file: every key with its help, type, range and default; the options of the components
/// found here, and for each op found here its ports and arguments. Components and ops that were not found stay allowed.
nlohmann::json job_json_schema(const std::vector<FoundPlugin>& plugins);

}  // namespace stretto
