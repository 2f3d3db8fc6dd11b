// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/catalogue.h"

#include "loader/host.h"
#include "loader/library.h"
#include "loader/lifetime.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <mutex>
#include <set>

namespace stretto {

// Not anonymous: Catalogue::State has them as fields, and its name is seen elsewhere.
namespace finding {

/// What is looked for. An empty variant: any.
struct Wanted {
  stretto_kind kind;
  std::string name;
  std::string variant;
};

/// A component with the tables behind it.
struct Found {
  LoadedComponent component;
  std::string variant;
  std::unique_ptr<AdoptedComponent> tables;
};

/// One file of a searched folder; `error` or `found` once it was tried.
struct File {
  std::filesystem::path path;
  bool tried = false;
  std::string error;
  std::vector<std::unique_ptr<Found>> found;
};

struct Folder {
  std::filesystem::path path;
  bool listed = false;
  std::string problem;
  std::vector<File> files;
};

bool matches(const Found& found, const Wanted& wanted) {
  return found.component.kind == wanted.kind && found.component.name == wanted.name &&
         (wanted.variant.empty() || wanted.variant == found.variant);
}

const LoadedComponent* match(const std::vector<std::unique_ptr<Found>>& all, const Wanted& wanted) {
  for (const auto& one : all)
    if (matches(*one, wanted)) return &one->component;
  return nullptr;
}

/// Whether the file is called like the component: "shm.so", "blas_cpu.so".
bool is_named_like(const File& file, const std::string& name) {
  const auto stem = file.path.stem().string();
  return stem == name || stem.rfind(name + "_", 0) == 0;
}

std::string described(const Wanted& wanted) {
  return fmt::format("{} '{}'{}", to_text(wanted.kind), wanted.name,
                     wanted.variant.empty() ? "" : fmt::format(" for '{}' devices", wanted.variant));
}

}  // namespace finding

using namespace finding;

struct Catalogue::State {
  std::recursive_mutex mutex;  // recursive: a plugin may call open_component from inside its query
  std::vector<std::filesystem::path> paths;
  std::vector<Folder> folders;
  std::vector<std::unique_ptr<Found>> added;
  std::vector<LoadReport> reports;
  std::vector<PluginUse> uses;
  bool asking = false;  ///< a plugin's query is under way
  bool loaded_any = false;
  Host host{[this](stretto_kind kind, const std::string& name) { return open(kind, name); }};

  const stretto_component* open(stretto_kind kind, const std::string& name);
  void list(Folder& folder);
  AdoptedPlugin ask(const File& file);
  void load(File& file);
  void load_all();
  static void end(State* state);
  const LoadedComponent* search(const Wanted& wanted);
  const LoadedComponent* search(Folder& folder, const Wanted& wanted);
  const LoadedComponent& find(const Wanted& wanted);
  std::vector<const Found*> known() const;
  [[noreturn]] void reject(const Wanted& wanted) const;
};

const stretto_component* Catalogue::State::open(stretto_kind kind, const std::string& name) {
  const std::lock_guard lock(mutex);
  if (asking)
    throw Error(Code::invalid_argument,
                fmt::format("{} '{}' was asked for before the plugin's own query has returned", to_text(kind), name));
  return find({kind, name, ""}).raw;
}

void Catalogue::State::list(Folder& folder) {
  if (folder.listed) return;
  folder.listed = true;
  for (auto& path : plugin_files(folder.path, folder.problem)) folder.files.push_back({std::move(path), false, "", {}});
}

AdoptedPlugin Catalogue::State::ask(const File& file) {
  struct Asking {
    bool& flag;
    explicit Asking(bool& asking) : flag(asking) { flag = true; }
    Asking(const Asking&) = delete;
    Asking& operator=(const Asking&) = delete;
    ~Asking() { flag = false; }
  };
  const Asking scope(asking);
  return load_plugin(file.path, host.raw());
}

void Catalogue::State::load(File& file) {
  if (file.tried) return;
  file.tried = true;
  loaded_any = true;
  try {
    auto plugin = ask(file);
    for (auto& tables : plugin.components) {
      auto found = std::make_unique<Found>();
      found->component = {static_cast<stretto_kind>(tables->raw.kind),
                          tables->raw.name,
                          plugin.name,
                          plugin.version,
                          file.path,
                          &tables->raw};
      found->variant = tables->variant();
      found->tables = std::move(tables);
      file.found.push_back(std::move(found));
    }
    uses.emplace_back(plugin.shutdown);
  } catch (const Error& error) {
    file.error = error.what();
  }
  reports.push_back({file.path, file.error});
}

void Catalogue::State::load_all() {
  for (auto& folder : folders) {
    list(folder);
    for (auto& file : folder.files) load(file);
  }
}

/// The same answer whatever was loaded before: each folder's files are looked through in one order.
const LoadedComponent* Catalogue::State::search(Folder& folder, const Wanted& wanted) {
  list(folder);
  for (const bool named : {true, false}) {
    for (auto& file : folder.files) {
      if (is_named_like(file, wanted.name) != named) continue;
      load(file);
      if (const auto* found = match(file.found, wanted)) return found;
      // Another file that happens to offer the same name must not take the place of one that was meant and is broken.
      if (!file.error.empty() && file.path.stem() == wanted.name)
        throw Error(Code::unavailable,
                    fmt::format("{} is not available: {} {}", described(wanted), file.path.string(), file.error));
    }
  }
  return nullptr;
}

const LoadedComponent* Catalogue::State::search(const Wanted& wanted) {
  if (const auto* found = match(added, wanted)) return found;
  for (auto& folder : folders)
    if (const auto* found = search(folder, wanted)) return found;
  return nullptr;
}

const LoadedComponent& Catalogue::State::find(const Wanted& wanted) {
  const std::lock_guard lock(mutex);
  if (const auto* found = search(wanted)) return *found;
  reject(wanted);
}

std::vector<const Found*> Catalogue::State::known() const {
  std::vector<const Found*> all;
  for (const auto& one : added) all.push_back(one.get());
  for (const auto& folder : folders)
    for (const auto& file : folder.files)
      for (const auto& one : file.found) all.push_back(one.get());
  return all;
}

void Catalogue::State::reject(const Wanted& wanted) const {
  std::set<std::string> names;
  std::set<std::string> variants;
  for (const auto* one : known()) {
    if (one->component.kind != wanted.kind) continue;
    names.insert(one->component.name);
    if (one->component.name == wanted.name) variants.insert(one->variant);
  }
  std::string text = fmt::format("there is no {}", described(wanted));
  if (const auto meant = nearest(wanted.name, {names.begin(), names.end()}); !variants.empty())
    text += fmt::format("; it is there for '{}' devices", fmt::join(variants, "', '"));
  else if (meant)
    text += fmt::format("; did you mean '{}'?", *meant);
  else if (!names.empty())
    text += fmt::format("; there are '{}'", fmt::join(names, "', '"));
  if (folders.empty()) text += "\n  no folder was searched for plugins";
  for (const auto& folder : folders) {
    text += fmt::format("\n  searched {}: {}", folder.path.string(),
                        !folder.problem.empty() ? folder.problem
                        : folder.files.empty()
                            ? "it holds no plugins (*.so)"
                            : fmt::format("{} plugin{}", folder.files.size(), folder.files.size() == 1 ? "" : "s"));
    for (const auto& file : folder.files) {
      std::vector<std::string> offers;
      for (const auto& one : file.found)
        offers.push_back(described({one->component.kind, one->component.name, one->variant}));
      text += fmt::format("\n    {} {}", file.path.string(),
                          file.error.empty() ? fmt::format("offers {}", fmt::join(offers, ", ")) : file.error);
    }
  }
  throw Error(Code::unavailable, text);
}

/// Plugins stay loaded, and may go on using the host that they were given.
void Catalogue::State::end(State* state) {
  state->uses.clear();
  std::shared_ptr<State> ended(state);
  if (ended->loaded_any) keep_for_plugins(std::move(ended));
}

Catalogue::Catalogue(std::vector<std::filesystem::path> folders) : state_(new State, &State::end) {
  state_->paths = std::move(folders);
  for (const auto& path : state_->paths) state_->folders.push_back({path, false, "", {}});
}

std::unique_ptr<Catalogue> Catalogue::share() const {
  return std::unique_ptr<Catalogue>(new Catalogue(Share{}, state_));
}

const std::vector<std::filesystem::path>& Catalogue::folders() const { return state_->paths; }

const LoadedComponent& Catalogue::find(stretto_kind kind, const std::string& name) {
  return state_->find({kind, name, ""});
}

const LoadedComponent& Catalogue::find_ops(const std::string& name, const std::string& memory_kind) {
  return state_->find({STRETTO_OP_LIBRARY, name, memory_kind});
}

std::vector<const LoadedComponent*> Catalogue::all(stretto_kind kind) {
  const std::lock_guard lock(state_->mutex);
  state_->load_all();
  std::vector<const LoadedComponent*> all;
  std::set<std::pair<std::string, std::string>> seen;
  for (const auto* one : state_->known()) {
    if (one->component.kind != kind || !seen.insert({one->component.name, one->variant}).second) continue;
    try {
      all.push_back(state_->search({kind, one->component.name, one->variant}));
    } catch (const Error&) {  // `reports` tells of the broken file
      continue;
    }
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto* left, const auto* right) { return left->name < right->name; });
  return all;
}

const std::vector<LoadReport>& Catalogue::reports() {
  const std::lock_guard lock(state_->mutex);
  state_->load_all();
  return state_->reports;
}

void Catalogue::add(const stretto_component* component, const std::string& plugin) {
  const std::lock_guard lock(state_->mutex);
  auto found = std::make_unique<Found>();
  found->tables = adopt(component);
  found->component = {
      static_cast<stretto_kind>(found->tables->raw.kind), found->tables->raw.name, plugin, "", "", &found->tables->raw};
  found->variant = found->tables->variant();
  state_->added.push_back(std::move(found));
}

}  // namespace stretto
