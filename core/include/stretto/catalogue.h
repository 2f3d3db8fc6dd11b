// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The components found on this machine. An object that `main` owns and passes on.

#include "stretto/plan.h"
#include "stretto/transport.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stretto {

/// One component, and the plugin it came from. Lives as long as the process: plugins are never unloaded.
struct LoadedComponent {
  stretto_kind kind;
  std::string name;
  std::string plugin;   ///< the plugin's name
  std::string version;  ///< the plugin's
  std::filesystem::path path;
  const stretto_component* raw;
};

/// What loading one file came to. `error` is empty when it was loaded.
struct LoadReport {
  std::filesystem::path path;
  std::string error;
};

/// Searches folders for plugins, loads them on first need, and finds components by kind and name. Any thread.
class Catalogue {
 public:
  /// Folders are searched in order; the first file that offers a component wins: in a folder, `NAME.so` and `NAME_*.so`
  /// come before the others, which are sorted by name. Loads nothing yet.
  explicit Catalogue(std::vector<std::filesystem::path> folders);
  Catalogue(const Catalogue&) = delete;
  Catalogue& operator=(const Catalogue&) = delete;
  ~Catalogue() = default;
  /// The same catalogue, for who may outlive this one. Plugins are told to shut down when the last is gone.
  std::unique_ptr<Catalogue> share() const;

  const std::vector<std::filesystem::path>& folders() const;
  /// Throws Code::unavailable: lists every path tried, the loader's own words, and the nearest names.
  const LoadedComponent& find(stretto_kind kind, const std::string& name);
  /// The op library of this name for devices of this memory kind.
  const LoadedComponent& find_ops(const std::string& name, const std::string& memory_kind);
  /// All of one kind, sorted by name.
  std::vector<const LoadedComponent*> all(stretto_kind kind);
  /// Loads everything; one entry per file, in the order they were tried.
  const std::vector<LoadReport>& reports();
  /// Adds a component of this program, e.g. a test's. The pointer must stay valid.
  void add(const stretto_component* component, const std::string& plugin = "built in");

 private:
  struct State;
  struct Share {};
  Catalogue(Share /*one of several*/, std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// Kind names of TOML and messages: "transport", "scheduler", "device", "ops".
const char* to_text(stretto_kind kind);

/// The settings of one component or call as the boundary wants them. Owns everything it points to; not movable.
class RawSettings {
 public:
  /// `arguments` must be complete and checked against the schema (check_arguments).
  RawSettings(const Arguments& arguments, const stretto_option* const* schema, uint32_t count);
  RawSettings(const RawSettings&) = delete;
  RawSettings& operator=(const RawSettings&) = delete;
  ~RawSettings();
  const stretto_settings* raw() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Checks arguments against a schema and fills in defaults. `what` is said in messages: "option of transport 'shm'".
/// Throws Code::invalid_argument with the argument's position, what was found, what was expected, the nearest name.
Arguments check_arguments(const Arguments& given, const stretto_option* const* schema, uint32_t count,
                          const std::string& what, const Source& source);

/// Of `names`, the one nearest to `name` in edit distance, if near enough to be meant.
std::optional<std::string> nearest(const std::string& name, const std::vector<std::string>& names);

}  // namespace stretto
