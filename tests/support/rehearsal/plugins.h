// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Compiling in tests and benches that run nothing.

#include "stretto/catalogue.h"

namespace stretto::testing {

/// All plugins of the build, house and test. One per program: plugins are never unloaded.
Catalogue& all_plugins();

/// Options of one component, e.g. of the scheduler.
ComponentOptions options_of(const std::string& kind, const std::string& name,
                            const std::map<std::string, Literal>& set);

}  // namespace stretto::testing
