// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One shared library as a plugin. Loaded libraries stay for the life of the process.

#include "loader/adopt.h"

#include <filesystem>

namespace stretto {

/// Loads the file, asks it with `host`, checks what it answers. Blocks for as long as the plugin's own code does.
/// Throws Code::unavailable with the reason, the loader's own words included; the file's name is the caller's to add.
AdoptedPlugin load_plugin(const std::filesystem::path& file, const stretto_host& host);

/// The plugins of a folder: its `.so` files, sorted by name. `problem` says why a folder could not be read, else empty.
std::vector<std::filesystem::path> plugin_files(const std::filesystem::path& folder, std::string& problem);

}  // namespace stretto
