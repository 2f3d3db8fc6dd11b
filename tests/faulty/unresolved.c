/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* Needs a symbol that nobody has: the loader refuses it. */
#include "minimal.h"

void stretto_symbol_that_nobody_has(void);

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  (void)host;
  (void)sink;
  stretto_symbol_that_nobody_has();
  *plugin = &minimal("unresolved")->plugin;
  return STRETTO_OK;
}
