/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* The query reports an error. */
#include "stretto/abi.h"

#include <string.h>

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  const char* reason = "the moon is in the wrong phase";
  (void)host;
  (void)plugin;
  sink->report(sink->context, reason, strlen(reason));
  return STRETTO_UNAVAILABLE;
}
