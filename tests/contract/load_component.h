// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Loads a component from a plugin's file, through the boundary alone: no part of the core stands between.

#include "stretto/error.h"
#include "stretto/option.h"

#include <cstdlib>
#include <dlfcn.h>
#include <memory>
#include <string>
#include <toml++/toml.h>
#include <unistd.h>
#include <vector>

namespace stretto::contract {

/// What one call across the boundary came to.
struct Outcome {
  Code code = Code::ok;
  std::string message;
};

/// Runs `body(sink)`, a call that returns a stretto_code.
template <class Body>
Outcome outcome_of(Body&& body) {
  Outcome outcome;
  const stretto_sink sink{sizeof(stretto_sink), &outcome.message, [](void* context, const char* text, size_t length) {
                            static_cast<std::string*>(context)->assign(text, length);
                          }};
  outcome.code = static_cast<Code>(body(&sink));
  return outcome;
}

/// Throws what went wrong, for steps that a test only needs.
template <class Body>
void needed(const char* what, Body&& body) {
  const Outcome outcome = outcome_of(std::forward<Body>(body));
  if (outcome.code != Code::ok)
    throw Error(outcome.code, std::string(what) + ": " + to_text(outcome.code) + ": " + outcome.message);
}

/// The component of this kind and name in a plugin's file. Throws Code::unavailable with the loader's words.
inline const stretto_component& load_component(const std::string& path, stretto_kind kind, const std::string& name) {
  static const stretto_host host{
      sizeof(stretto_host),
      STRETTO_ABI_VERSION,
      "test",
      nullptr,
      [](void*, int32_t, const char*) {},
      [](void*, int32_t, const char* wanted, const stretto_component**, const stretto_sink* sink) {
        return report(sink, Code::unavailable, std::string("this host has no component '") + wanted + "'");
      }};
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw Error(Code::unavailable, dlerror());  // NOLINT(concurrency-mt-unsafe): glibc's is safe
  auto query = reinterpret_cast<stretto_plugin_query>(dlsym(library, STRETTO_PLUGIN_QUERY));
  if (query == nullptr) throw Error(Code::unavailable, path + " does not export " STRETTO_PLUGIN_QUERY);
  const stretto_plugin* plugin = nullptr;
  needed(path.c_str(), [&](const stretto_sink* sink) { return query(&host, &plugin, sink); });
  for (uint32_t i = 0; i < plugin->component_count; ++i)
    if (plugin->components[i]->kind == kind && name == plugin->components[i]->name) return *plugin->components[i];
  throw Error(Code::unavailable, path + " has no component '" + name + "' of that kind");
}

/// Where a plugin's file lies: in the folder of the house's plugins, or of the tests'.
inline std::string plugin_path(const std::string& file) {
  for (const char* variable : {"STRETTO_PLUGINS", "STRETTO_TEST_PLUGINS"}) {
    const char* folder = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nothing sets the environment
    if (folder == nullptr) continue;
    std::string path = std::string(folder) + "/" + file + ".so";
    if (access(path.c_str(), R_OK) == 0) return path;
  }
  throw Error(Code::unavailable, "no plugin " + file + ".so in the folders STRETTO_PLUGINS and STRETTO_TEST_PLUGINS");
}

/// Settings for a schema from TOML text, one "name = value" a line, completed with the schema's defaults.
class GivenSettings {
 public:
  /// Throws Code::invalid_argument for a name that the schema does not have.
  GivenSettings(const stretto_option* const* schema, uint32_t count, const std::string& text) {
    const toml::table given = toml::parse(text);
    for (const auto& [name, value] : given) {
      bool known = false;
      for (uint32_t i = 0; i < count; ++i) known = known || name.str() == schema[i]->name;
      if (!known) throw Error(Code::invalid_argument, "the schema has no '" + std::string(name.str()) + "'");
    }
    for (uint32_t i = 0; i < count; ++i) {
      const auto& option = *schema[i];
      if (const auto* value = given.get(option.name))
        add(option, *value);
      else if (option.fallback != nullptr)
        add(option, *toml::parse("it = " + std::string(option.fallback)).get("it"));
    }
    for (const auto& held : held_) pointers_.push_back(&held->raw);
    raw_ = {sizeof raw_, static_cast<uint32_t>(pointers_.size()), pointers_.data()};
  }
  GivenSettings(const GivenSettings&) = delete;
  GivenSettings& operator=(const GivenSettings&) = delete;
  const stretto_settings* raw() const { return &raw_; }

 private:
  struct Held {
    stretto_setting raw{};
    std::string text;
    std::vector<int64_t> integers;
    std::vector<double> reals;
  };

  void add(const stretto_option& option, const toml::node& value) {
    auto held = std::make_unique<Held>();
    held->raw.size = sizeof held->raw;
    held->raw.type = option.type;
    held->raw.name = option.name;
    if (const auto* list = value.as_array())
      for (const auto& element : *list) {
        held->integers.push_back(element.value<int64_t>().value_or(0));
        held->reals.push_back(element.value<double>().value_or(0));
      }
    held->text = value.value<std::string>().value_or("");
    held->raw.integer = value.is_boolean() ? int64_t{*value.value<bool>()} : value.value<int64_t>().value_or(0);
    held->raw.real = value.value<double>().value_or(0);
    held->raw.text = held->text.c_str();
    held->raw.integers = held->integers.data();
    held->raw.reals = held->reals.data();
    held->raw.count = held->integers.size();
    held_.push_back(std::move(held));
  }

  std::vector<std::unique_ptr<Held>> held_;
  std::vector<const stretto_setting*> pointers_;
  stretto_settings raw_{};
};

}  // namespace stretto::contract
