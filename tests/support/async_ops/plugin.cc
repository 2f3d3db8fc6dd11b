// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "wrapped_library.h"

// The host library's own query, under another name: its sources are built with this name as a macro.
extern "C" int32_t stretto_wrapped_query(const stretto_host* host, const stretto_plugin** plugin,
                                         const stretto_sink* sink);

extern "C" __attribute__((visibility("default"))) int32_t stretto_plugin_query_v0(const stretto_host* host,
                                                                                  const stretto_plugin** plugin,
                                                                                  const stretto_sink* sink) {
  return stretto::guard(sink, [&] { stretto::testing::wrap_library(stretto_wrapped_query, host, plugin); });
}
