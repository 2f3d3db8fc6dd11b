// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/command.h"
#include "command/output_file.h"
#include "command/print.h"
#include "job/written.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

constexpr std::array kKinds{"transport", "scheduler", "device", "ops"};
constexpr uint64_t kLargestTemplate = 1U << 20;

/// Beside the executable: in a source tree, or where an installation puts them.
std::filesystem::path find_templates(const Invocation& invocation) {
  const auto here = invocation.program.parent_path();
  std::vector<std::filesystem::path> tried{here / "../share/stretto/templates", here / "../../../core/sdk/templates"};
  if (!invocation.templates.empty()) tried = {invocation.templates};
  std::string list;
  for (const auto& folder : tried) {
    if (std::filesystem::is_directory(folder / "common")) return std::filesystem::weakly_canonical(folder);
    list += fmt::format("\n  {}", folder.lexically_normal().string());
  }
  throw Error(Code::unavailable,
              fmt::format("the templates of the SDK are not there; --templates DIR says where. Searched:{}", list));
}

void check_kind(const std::string& kind) {
  const std::vector<std::string> kinds(kKinds.begin(), kKinds.end());
  if (std::find(kinds.begin(), kinds.end(), kind) != kinds.end()) return;
  const auto meant = nearest(kind, kinds);
  throw Error(Code::invalid_argument,
              fmt::format("found the kind '{}', expected one of {}{}", kind, fmt::join(kinds, ", "),
                          meant ? fmt::format("; did you mean '{}'?", *meant) : ""));
}

/// The name is a file's, a TOML key's and an op library's at once.
void check_name(const std::string& name) {
  const bool good = !name.empty() && std::islower(static_cast<unsigned char>(name[0])) != 0 &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
                    });
  if (!good)
    throw Error(Code::invalid_argument,
                fmt::format("found the name '{}', expected lower-case letters, digits and '_', a letter first", name));
}

std::string filled_in(std::string text, const std::string& kind, const std::string& name) {
  const std::array<std::pair<const char*, std::string>, 3> words{
      {{"@NAME@", name}, {"@KIND@", kind == "ops" ? "op library" : kind}, {"@HEADER@", kind == "ops" ? "op" : kind}}};
  for (const auto& [word, value] : words)
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + value.size()))
      text.replace(at, std::string(word).size(), value);
  return text;
}

}  // namespace

int plugin_new_command(const Invocation& invocation) {
  check_kind(invocation.job);
  check_name(invocation.name);
  const auto templates = find_templates(invocation);
  const std::filesystem::path folder(invocation.output.empty() ? invocation.name : invocation.output);
  std::error_code problem;
  if (!std::filesystem::create_directories(folder, problem))
    throw Error(Code::invalid_argument, fmt::format("cannot make the folder '{}': {}", folder.string(),
                                                    problem ? problem.message() : "it exists already"));
  nlohmann::json written = nlohmann::json::array();
  for (const auto& from : {templates / "common", templates / invocation.job})
    for (const auto& entry : std::filesystem::directory_iterator(from)) {
      // ".in" keeps what is no source of this tree from its build and its lint.
      const auto name = entry.path().filename();
      const auto to = folder / (name.extension() == ".in" ? name.stem() : name);
      write_file(to.string(),
                 filled_in(read_file(entry.path().string(), kLargestTemplate), invocation.job, invocation.name));
      written.push_back(to.string());
    }
  if (invocation.json) {
    print_json({{"kind", invocation.job}, {"name", invocation.name}, {"files", written}});
  } else if (!invocation.quiet) {
    fmt::print(
        "{0}: the {1} '{2}', ready to build:\n"
        "  cd {0} && meson setup build && ninja -C build\n"
        "  stretto plugin check build/{2}.so\n"
        "  stretto run job.toml --plugins build\n",
        folder.string(), invocation.job == "ops" ? "op library" : invocation.job, invocation.name);
  }
  return kDone;
}

}  // namespace stretto
