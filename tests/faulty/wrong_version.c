/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* Built for a version of the boundary that this host does not know. */
#include "minimal.h"

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  minimal_tables* tables = minimal("wrong_version");
  (void)host;
  (void)sink;
  tables->plugin.abi_version = 7;
  *plugin = &tables->plugin;
  return STRETTO_OK;
}
