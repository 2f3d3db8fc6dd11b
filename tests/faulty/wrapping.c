/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* Wraps the transport "sparse": asks for it too early, in its query, and again when it is opened. `shutdown` counts. */
#include "minimal.h"

#include <stdio.h>
#include <string.h>

static const stretto_host* the_host;

static int32_t open_wrapped(const stretto_transport_open* request, stretto_transport** transport,
                            const stretto_sink* sink) {
  const stretto_component* wrapped = NULL;
  const int32_t code = the_host->open_component(the_host->context, STRETTO_TRANSPORT, "sparse", &wrapped, sink);
  if (code != STRETTO_OK) return code;
  return ((const stretto_transport_api*)wrapped->api)->open(request, transport, sink);
}

static void shut_down(void) { fputs("wrapping was shut down\n", stderr); }

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  minimal_tables* tables = minimal("wrapping");
  const stretto_component* wrapped = NULL;
  the_host = host;
  if (host->open_component(host->context, STRETTO_TRANSPORT, "sparse", &wrapped, NULL) == STRETTO_OK) {
    const char* reason = "a component was opened before the query returned";
    sink->report(sink->context, reason, strlen(reason));
    return STRETTO_INTERNAL;
  }
  host->log(host->context, 1, "wrapping was asked");
  tables->api.open = open_wrapped;
  tables->plugin.shutdown = shut_down;
  *plugin = &tables->plugin;
  return STRETTO_OK;
}
