/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* The component's name is not UTF-8. */
#include "minimal.h"

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  minimal_tables* tables = minimal("bad_utf8");
  (void)host;
  (void)sink;
  tables->component.name = "caf\xe9";
  *plugin = &tables->plugin;
  return STRETTO_OK;
}
