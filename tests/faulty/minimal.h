/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STRETTO_TESTS_FAULTY_MINIMAL_H
#define STRETTO_TESTS_FAULTY_MINIMAL_H

/* The smallest transport that loads: only what is required. Each faulty plugin takes it and spoils one thing. */

#include "stretto/abi.h"

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink);

static int32_t minimal_open(const stretto_transport_open* request, stretto_transport** transport,
                            const stretto_sink* sink) {
  static int instance;
  (void)request;
  (void)sink;
  *transport = (stretto_transport*)&instance;
  return STRETTO_OK;
}
static int32_t minimal_end(stretto_transport* transport, const stretto_channel* channel, stretto_end** end,
                           const stretto_sink* sink) {
  static int instance;
  (void)transport;
  (void)channel;
  (void)sink;
  *end = (stretto_end*)&instance;
  return STRETTO_OK;
}
static int32_t minimal_connect(stretto_transport* transport, uint32_t round, const stretto_blob* const* theirs,
                               uint32_t count, stretto_blob* mine, int32_t* done, int64_t deadline,
                               const stretto_sink* sink) {
  (void)transport;
  (void)round;
  (void)theirs;
  (void)count;
  (void)mine;
  (void)deadline;
  (void)sink;
  *done = 1;
  return STRETTO_OK;
}
static void minimal_abort(stretto_transport* transport) { (void)transport; }

static stretto_transport_api minimal_transport(void) {
  static const char* const kinds[] = {"host"};
  stretto_transport_api api = {0};
  api.size = sizeof api;
  api.flags = STRETTO_TRANSPORT_THREADS;
  api.send_completion = STRETTO_COMPLETES_ON_COPY;
  api.memory_kind_count = 1;
  api.memory_kinds = kinds;
  api.open = minimal_open;
  api.writer = minimal_end;
  api.reader = minimal_end;
  api.connect = minimal_connect;
  api.abort = minimal_abort;
  api.close = minimal_abort;
  return api;
}
static stretto_component minimal_component(const char* name, const stretto_transport_api* api) {
  stretto_component component = {0};
  component.size = sizeof component;
  component.kind = STRETTO_TRANSPORT;
  component.name = name;
  component.summary = "for tests";
  component.api = api;
  return component;
}
static stretto_plugin minimal_plugin(const char* name, const stretto_component* const* components, uint32_t count) {
  stretto_plugin plugin = {0};
  plugin.size = sizeof plugin;
  plugin.abi_version = STRETTO_ABI_VERSION;
  plugin.name = name;
  plugin.version = "1.0";
  plugin.component_count = count;
  plugin.components = components;
  return plugin;
}

/* The tables of one plugin with one component, to be spoilt. */
typedef struct minimal_tables {
  stretto_transport_api api;
  stretto_component component;
  const stretto_component* components[2];
  stretto_plugin plugin;
} minimal_tables;
static minimal_tables* minimal(const char* name) {
  static minimal_tables tables;
  tables.api = minimal_transport();
  tables.component = minimal_component(name, &tables.api);
  tables.components[0] = &tables.component;
  tables.components[1] = &tables.component;
  tables.plugin = minimal_plugin(name, tables.components, 1);
  return &tables;
}

#endif
