// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stretto/catalogue.h"

#include <string>

namespace stretto::testing {

/// What the core calls a component through, for tests that put calls of their own there. The table is the core's copy,
/// and not constant: see AdoptedComponent. Throws as Catalogue::find does.
template <class Api>
Api& api_table(Catalogue& catalogue, stretto_kind kind, const std::string& name) {
  return *static_cast<Api*>(const_cast<void*>(catalogue.find(kind, name).raw->api));
}

}  // namespace stretto::testing
