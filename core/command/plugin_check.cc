// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/command.h"
#include "command/print.h"
#include "command/progress.h"
#include "loader/child.h"
#include "loader/text.h"

#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace stretto {

namespace {

using nlohmann::json;

constexpr std::chrono::seconds kPatienceToTry{120};

/// A folder with a link to one file, so that nothing beside it is loaded.
class LinkFolder {
 public:
  explicit LinkFolder(const std::filesystem::path& file) {
    std::string pattern = (std::filesystem::temp_directory_path() / "stretto-check-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      throw Error(Code::unavailable, fmt::format("no folder for the check: {}", std::strerror(errno)));
    path_ = pattern;
    std::filesystem::create_symlink(std::filesystem::absolute(file), link());
  }
  LinkFolder(const LinkFolder&) = delete;
  LinkFolder& operator=(const LinkFolder&) = delete;
  ~LinkFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::filesystem::path link() const { return path_ / "plugin.so"; }

 private:
  std::filesystem::path path_;
};

/// What a child that died or hung has left unsaid.
std::string end_of(const ChildResult& child) {
  std::string words = child.diagnostics.substr(0, child.diagnostics.find_last_not_of('\n') + 1);
  words = words.empty() ? "" : "; its last words: " + escaped(words.substr(words.rfind('\n') + 1));
  if (child.late) return fmt::format("did not end within {} s and was killed{}", kPatienceToTry.count(), words);
  if (child.signal != 0) return fmt::format("crashed: signal {} ({}){}", child.signal, strsignal(child.signal), words);
  return fmt::format("ended the process with exit code {}{}", child.exit_code, words);
}

json verdicts_of(const ChildResult& child) {
  json verdicts = json::array();
  std::string under_way;
  bool over = false;
  std::istringstream lines(child.output);
  for (std::string text; std::getline(lines, text);) {
    const json line = json::parse(text, nullptr, false);
    if (!line.is_object() || !line.contains("state")) continue;  // the plugin's own printing
    if (line.at("state") == "over") {
      over = true;
    } else if (line.at("state") == "begins") {
      under_way = line.at("check").get<std::string>();
    } else {
      verdicts.push_back(line);
      under_way.clear();
    }
  }
  if (!over)
    verdicts.push_back({{"check", under_way.empty() ? "it ends in peace" : under_way},
                        {"state", "broken"},
                        {"reason", end_of(child)}});
  else if (child.signal != 0 || child.late || child.exit_code != 0)
    verdicts.push_back({{"check", "it ends in peace"}, {"state", "broken"}, {"reason", end_of(child)}});
  return verdicts;
}

void print_verdict(const json& verdict) {
  const auto state = verdict.at("state").get<std::string>();
  fmt::print("{:<9}  {}\n", state, verdict.at("check").get<std::string>());
  if (verdict.contains("reason")) fmt::print("           {}\n", verdict.at("reason").get<std::string>());
}

}  // namespace

int plugin_check_command(const Invocation& invocation) {
  if (!std::filesystem::exists(invocation.job))
    throw Error(Code::invalid_argument, fmt::format("there is no file '{}'", invocation.job));
  const LinkFolder folder(invocation.job);
  std::vector<std::string> arguments{invocation.program.string(), "plugin", "trial", folder.link().string()};
  for (const auto& each : invocation.catalogue.folders()) arguments.push_back(each.string());
  json verdicts;
  {
    Progress progress(invocation.quiet);
    progress.say("checking " + invocation.job);
    verdicts = verdicts_of(run_child(arguments, std::chrono::steady_clock::now() + kPatienceToTry));
  }
  std::map<std::string, int> counts;
  for (const json& verdict : verdicts) {
    const auto state = verdict.at("state").get<std::string>();
    ++counts[state];
    const bool shown = state == "broken" || (!invocation.quiet && (state == "holds" || invocation.verbose));
    if (!invocation.json && shown) print_verdict(verdict);
  }
  if (invocation.json)
    print_json({{"file", invocation.job}, {"ok", counts["broken"] == 0}, {"checks", verdicts}});
  else
    fmt::print("{} hold, {} broken, {} not tried{}\n", counts["holds"], counts["broken"], counts["not tried"],
               counts["not tried"] > 0 && !invocation.verbose ? " (-v says why)" : "");
  return counts["broken"] == 0 ? kDone : kMissing;
}

}  // namespace stretto
