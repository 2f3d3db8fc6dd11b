// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/library.h"

#include "loader/table.h"

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <dlfcn.h>
#include <fmt/format.h>

namespace stretto {

namespace {

using Library = boost::dll::shared_library;

std::string loader_words() {
  const char* words = dlerror();
  return words == nullptr ? "the loader gives no reason" : words;
}

/// Nothing may unload the library any more: plugins leave threads, handlers and tables behind.
void pin(const std::filesystem::path& file) {
  if (dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD | RTLD_NODELETE) == nullptr)
    refuse(fmt::format("cannot be pinned: {}", loader_words()));
}

Library opened(const std::filesystem::path& file) {
  std::error_code failure;
  Library library;
  library.load(file, failure, boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
  if (failure || !library.is_loaded()) refuse(fmt::format("cannot be loaded: {}", loader_words()));
  pin(file);
  return library;
}

const stretto_plugin* asked(stretto_plugin_query query, const stretto_host& host) {
  const stretto_plugin* plugin = nullptr;
  try {
    checked(STRETTO_PLUGIN_QUERY, query, &host, &plugin);
  } catch (const Error& error) {
    refuse(fmt::format("its query failed ({}): {}", to_text(error.code()), error.what()));
  } catch (const std::exception& error) {
    refuse(fmt::format("its query let an exception escape: {}", error.what()));
  } catch (...) {
    refuse("its query let an exception of unknown type escape");
  }
  return plugin;
}

}  // namespace

AdoptedPlugin load_plugin(const std::filesystem::path& file, const stretto_host& host) {
  const Library library = opened(std::filesystem::absolute(file));
  if (!library.has(STRETTO_PLUGIN_QUERY))
    refuse(fmt::format("does not export `{}`: it is no stretto plugin, or was built without STRETTO_PLUGIN",
                       STRETTO_PLUGIN_QUERY));
  // Boost returns a reference to the function itself for function types.
  auto& query = library.get<std::remove_pointer_t<stretto_plugin_query>>(STRETTO_PLUGIN_QUERY);
  return adopt(asked(&query, host));
}

std::vector<std::filesystem::path> plugin_files(const std::filesystem::path& folder, std::string& problem) {
  std::vector<std::filesystem::path> files;
  std::error_code failure;
  const std::filesystem::directory_iterator end;
  for (auto entry = std::filesystem::directory_iterator(folder, failure); !failure && entry != end;
       entry.increment(failure)) {
    std::error_code unreadable;  // a dangling link is listed: loading it tells what is wrong
    if (entry->path().extension() == ".so" && !entry->is_directory(unreadable)) files.push_back(entry->path());
  }
  problem = failure ? fmt::format("cannot be read: {}", failure.message()) : "";
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace stretto
