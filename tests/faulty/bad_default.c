/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* An option's default breaks the option's own range. */
#include "minimal.h"

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  minimal_tables* tables = minimal("bad_default");
  (void)host;
  (void)sink;
  static stretto_option option;
  static const stretto_option* options[1];
  option.size = sizeof option;
  option.type = STRETTO_INTEGER;
  option.name = "depth";
  option.fallback = "9";
  option.minimum = 1;
  option.maximum = 8;
  options[0] = &option;
  tables->component.options = options;
  tables->component.option_count = 1;
  *plugin = &tables->plugin;
  return STRETTO_OK;
}
