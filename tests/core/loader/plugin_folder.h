// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A folder for one test, filled with links to built plugins, removed afterwards.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace stretto::testing {

class PluginFolder {
 public:
  PluginFolder() {
    auto name = (std::filesystem::temp_directory_path() / "stretto-plugins-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder for plugins could be made");
    path_ = name;
  }
  PluginFolder(const PluginFolder&) = delete;
  PluginFolder& operator=(const PluginFolder&) = delete;
  ~PluginFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  /// A link to tests/faulty's plugin, under its own or another name. Returns the link's path.
  std::filesystem::path link(const std::string& plugin, const std::string& as = "") const {
    const char* built = std::getenv("STRETTO_FAULTY");
    if (built == nullptr) throw std::runtime_error("STRETTO_FAULTY is not set: run with `meson test`");
    auto at = path_ / ((as.empty() ? plugin : as) + ".so");
    std::filesystem::create_symlink(std::filesystem::path(built) / (plugin + ".so"), at);
    return at;
  }
  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(path_ / name) << content;
    return path_ / name;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace stretto::testing
