/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* The query ends the process. */
#include "stretto/abi.h"

#include <signal.h>
#include <stdio.h>

int32_t stretto_plugin_query_v0(const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) {
  (void)host;
  (void)plugin;
  (void)sink;
  fputs("last words of the crashing plugin\n", stderr);
  signal(SIGSEGV, SIG_DFL); /* no sanitizer's handler in between */
  raise(SIGSEGV);
  return STRETTO_OK;
}
