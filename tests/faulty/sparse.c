/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* Nothing is wrong: only what is required is there. */
#include "minimal.h"

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  minimal_tables* tables = minimal("sparse");
  (void)host;
  (void)sink;

  *plugin = &tables->plugin;
  return STRETTO_OK;
}
