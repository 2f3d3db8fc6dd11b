/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* Two components have one name. */
#include "minimal.h"

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  minimal_tables* tables = minimal("duplicate");
  (void)host;
  (void)sink;
  tables->plugin.component_count = 2;
  *plugin = &tables->plugin;
  return STRETTO_OK;
}
