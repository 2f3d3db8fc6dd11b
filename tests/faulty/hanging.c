/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* The query never returns. */
#include "stretto/abi.h"

#include <unistd.h>

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  (void)host;
  (void)plugin;
  (void)sink;
  for (;;) pause();
}
