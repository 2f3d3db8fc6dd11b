// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Makes an op library for the test device out of one for the host: its launch checks, sets shapes and reports what can
/// be known at launch, and enqueues the host's computation on the lane.

#include "stretto/plugin.h"

namespace stretto::testing {

/// Fills `plugin` with the components of `query` (the host library's own query), each op wrapped. Throws.
void wrap_library(stretto_plugin_query query, const stretto_host* host, const stretto_plugin** plugin);

}  // namespace stretto::testing
