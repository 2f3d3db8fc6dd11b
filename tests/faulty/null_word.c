/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* A capability is declared, and the function for it is missing. */
#include "minimal.h"

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  minimal_tables* tables = minimal("null_word");
  (void)host;
  (void)sink;
  tables->api.flags |= STRETTO_TRANSPORT_DEVICE_SLOTS;
  *plugin = &tables->plugin;
  return STRETTO_OK;
}
