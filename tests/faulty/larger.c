/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* Nothing is wrong: built with a later SDK, whose structs have grown at the end. */
#include "minimal.h"

typedef struct later_transport_api {
  stretto_transport_api known;
  void (*unheard_of)(void);
  uint64_t more[32];
} later_transport_api;
typedef struct later_component {
  stretto_component known;
  uint64_t more[32];
} later_component;
typedef struct later_plugin {
  stretto_plugin known;
  uint64_t more[32];
} later_plugin;

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  static later_transport_api api;
  static later_component component;
  static const stretto_component* components[] = {&component.known};
  static later_plugin later;
  const minimal_tables* tables = minimal("larger");
  (void)host;
  (void)sink;
  api.known = tables->api;
  api.known.size = sizeof api;
  api.more[0] = UINT64_MAX;
  component.known = tables->component;
  component.known.size = sizeof component;
  component.known.api = &api;
  component.more[0] = UINT64_MAX;
  later.known = tables->plugin;
  later.known.size = sizeof later;
  later.known.components = components;
  later.more[0] = UINT64_MAX;
  *plugin = &later.known;
  return STRETTO_OK;
}
