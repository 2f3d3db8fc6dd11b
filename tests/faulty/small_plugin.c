/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* The plugin's struct is older than version 0. */
#include "minimal.h"

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  minimal_tables* tables = minimal("small_plugin");
  (void)host;
  (void)sink;
  tables->plugin.size = 16;
  *plugin = &tables->plugin;
  return STRETTO_OK;
}
