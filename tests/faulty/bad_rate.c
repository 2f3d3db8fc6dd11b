/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* It states a rate below zero. */
#include "minimal.h"

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  minimal_tables* tables = minimal("bad_rate");
  (void)host;
  (void)sink;
  tables->api.bandwidth = -1;
  *plugin = &tables->plugin;
  return STRETTO_OK;
}
