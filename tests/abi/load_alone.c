/* SPDX-FileCopyrightText: stretto contributors
 * SPDX-License-Identifier: Apache-2.0 */
/* A host that is not stretto: C, and no library of the core. Loads each plugin given with every symbol resolved, asks
 * it, and prints its name and components. Exits 1 at the first that fails. */
#include "stretto/abi.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static void print(void* context, const char* text, size_t length) {
  (void)context;
  fprintf(stderr, "%.*s\n", (int)length, text);
}
static void log_text(void* context, int32_t level, const char* text) {
  (void)level;
  print(context, text, strlen(text));
}
static int32_t open_nothing(void* context, int32_t kind, const char* name, const stretto_component** component,
                            const stretto_sink* sink) {
  (void)context;
  (void)kind;
  (void)name;
  (void)component;
  (void)sink;
  return STRETTO_UNAVAILABLE;
}

static int load(const char* path) {
  static const stretto_host host = {sizeof host, STRETTO_ABI_VERSION, "0", NULL, log_text, open_nothing};
  const stretto_sink sink = {sizeof sink, NULL, print};
  const stretto_plugin* plugin = NULL;
  stretto_plugin_query query;
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  *(void**)&query = dlsym(library, STRETTO_PLUGIN_QUERY);
  if (query == NULL || query(&host, &plugin, &sink) != STRETTO_OK) return 1;
  for (uint32_t i = 0; i < plugin->component_count; ++i) printf("%s: %s\n", plugin->name, plugin->components[i]->name);
  return 0;
}

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i)
    if (load(argv[i]) != 0) return 1;
  return 0;
}
