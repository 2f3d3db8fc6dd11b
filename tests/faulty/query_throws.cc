// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
// The query lets an exception cross the boundary.
#include "stretto/abi.h"

#include <stdexcept>

extern "C" int32_t stretto_plugin_query_v0(const stretto_host* /*host*/, const stretto_plugin** /*plugin*/,
                                           const stretto_sink* /*sink*/) {
  throw std::runtime_error("thrown across the boundary");
}
