// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The plugins in the folders that are searched, each asked in a process of its own.

#include "command/command.h"

#include <nlohmann/json.hpp>

namespace stretto {

/// One file. `error` is empty where it can be used, and `json` then as loader/describe.h makes it.
struct FoundPlugin {
  std::filesystem::path path;
  nlohmann::json json;
  std::string error;
};

/// Every *.so of every folder, in the order in which they are searched; a folder that stands there twice counts once.
/// Blocks: each file has ten seconds to answer.
std::vector<FoundPlugin> find_plugins(const Invocation& invocation);

/// One file, as above.
FoundPlugin ask_plugin(const Invocation& invocation, const std::filesystem::path& file);

}  // namespace stretto
