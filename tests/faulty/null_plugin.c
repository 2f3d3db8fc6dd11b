/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* Success, and no plugin. */
#include "minimal.h"

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  minimal_tables* tables = minimal("null_plugin");
  (void)host;
  (void)sink;
  (void)tables;
  *plugin = NULL;
  return STRETTO_OK;
}
