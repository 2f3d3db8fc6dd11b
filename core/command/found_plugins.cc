// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/found_plugins.h"

#include "loader/probe.h"

#include <algorithm>

namespace stretto {

namespace {
constexpr std::chrono::seconds kPatienceToAsk{10};
}

FoundPlugin ask_plugin(const Invocation& invocation, const std::filesystem::path& file) {
  const ProbeReport report = probe(invocation.program, file, std::chrono::steady_clock::now() + kPatienceToAsk);
  return {file, report.error.empty() ? nlohmann::json::parse(report.json) : nlohmann::json(), report.error};
}

std::vector<FoundPlugin> find_plugins(const Invocation& invocation) {
  std::vector<FoundPlugin> found;
  std::vector<std::filesystem::path> seen;
  for (const auto& folder : invocation.catalogue.folders()) {
    std::error_code problem;
    const auto known = std::filesystem::weakly_canonical(folder, problem);
    if (std::find(seen.begin(), seen.end(), known) != seen.end()) continue;
    seen.push_back(known);
    std::filesystem::directory_iterator entries(folder, problem);
    if (problem) {
      found.push_back({folder, {}, "cannot be searched: " + problem.message()});
      continue;
    }
    std::vector<std::filesystem::path> files;
    for (const auto& entry : entries)
      if (entry.path().extension() == ".so") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) found.push_back(ask_plugin(invocation, file));
  }
  return found;
}

}  // namespace stretto
