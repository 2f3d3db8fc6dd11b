// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Makes a shared library a plugin: it names components, and one macro exports the query.
///
///     STRETTO_PLUGIN("shm", "0.1.0", stretto::transport_component<Shm>())
///
/// The component functions stand in device.h, op.h, transport.h and scheduler.h.

#include "stretto/option.h"

#include <memory>
#include <vector>

namespace stretto {

/// Owns the tables that a stretto_component points to. Made once, never destroyed: the host keeps pointers.
struct Component {
  stretto_component raw{};
  std::vector<Option> options;
  std::vector<const stretto_option*> option_pointers;

  Component(stretto_kind kind, const char* name, const char* summary, std::vector<Option> schema, const void* api)
      : options(std::move(schema)) {
    for (const auto& option : options) option_pointers.push_back(&option);
    raw = {sizeof raw, kind,   name, summary, static_cast<uint32_t>(option_pointers.size()), 0, option_pointers.data(),
           api,        nullptr};
  }
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;
};

/// The host of this plugin: what the query was given. Null before it.
inline const stretto_host*& host() {
  static const stretto_host* value = nullptr;
  return value;
}

/// The tables of one plugin; see STRETTO_PLUGIN.
template <class... Components>
const stretto_plugin* make_plugin(const char* name, const char* version, Components*... components) {
  static const auto* list = new std::vector<const stretto_component*>{&components->raw...};
  static const auto* plugin = new stretto_plugin{sizeof(stretto_plugin),
                                                 STRETTO_ABI_VERSION,
                                                 name,
                                                 version,
                                                 static_cast<uint32_t>(list->size()),
                                                 0,
                                                 list->data(),
                                                 nullptr};
  return plugin;
}

}  // namespace stretto

/// Exports the query. The arguments after name and version are component functions' results. Once per library.
#define STRETTO_PLUGIN(name, version, ...)                                                 \
  extern "C" __attribute__((visibility("default"))) int32_t stretto_plugin_query_v0(       \
      const stretto_host* host, const stretto_plugin** plugin, const stretto_sink* sink) { \
    return stretto::guard(sink, [&] {                                                      \
      stretto::host() = host;                                                              \
      *plugin = stretto::make_plugin(name, version, __VA_ARGS__);                          \
    });                                                                                    \
  }
