/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* The component has no name. */
#include "minimal.h"

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  minimal_tables* tables = minimal("null_name");
  (void)host;
  (void)sink;
  tables->component.name = NULL;
  *plugin = &tables->plugin;
  return STRETTO_OK;
}
