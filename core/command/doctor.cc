// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/found_plugins.h"
#include "command/print.h"

#include <algorithm>
#include <fmt/format.h>
#include <sched.h>
#include <set>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <thread>

namespace stretto {

namespace {

using nlohmann::json;

json limit_of(__rlimit_resource_t which) {
  rlimit limit{};
  getrlimit(which, &limit);
  return limit.rlim_cur == RLIM_INFINITY ? json("unlimited") : json(limit.rlim_cur);
}

json machine() {
  struct sysinfo memory {};
  sysinfo(&memory);
  cpu_set_t mine;
  CPU_ZERO(&mine);
  sched_getaffinity(0, sizeof mine, &mine);
  return {{"cores", std::thread::hardware_concurrency()},
          {"cores_usable", CPU_COUNT(&mine)},
          {"memory_bytes", memory.totalram * memory.mem_unit},
          {"memory_free_bytes", memory.freeram * memory.mem_unit},
          {"open_files", limit_of(RLIMIT_NOFILE)},
          {"locked_memory_bytes", limit_of(RLIMIT_MEMLOCK)}};
}

/// Variables that a component's library may read: what they are called after says whose they are.
std::vector<std::string> variables_of(const std::set<std::string>& names, const std::vector<std::string>& environment) {
  std::vector<std::string> found;
  for (const auto& variable : environment)
    for (std::string prefix : names) {
      std::transform(prefix.begin(), prefix.end(), prefix.begin(), [](unsigned char c) { return std::toupper(c); });
      if (variable.starts_with(prefix + "_")) found.push_back(variable);
    }
  std::sort(found.begin(), found.end());
  return found;
}

std::string devices_text(const json& component) {
  const auto count = component.value("devices", 0);
  const auto reason = component.value("reason", "");
  return fmt::format("{} device{}{}", count, count == 1 ? "" : "s", reason.empty() ? "" : " (" + reason + ")");
}

std::string bytes_or_word(const json& value) {
  return value.is_string() ? value.get<std::string>() : bytes_text(value.get<uint64_t>());
}

void print_report(const json& report) {
  const json& host = report.at("machine");
  fmt::print("cores      {}, {} usable by this process\n", host.at("cores").dump(), host.at("cores_usable").dump());
  fmt::print("memory     {}, {} free\n", bytes_or_word(host.at("memory_bytes")),
             bytes_or_word(host.at("memory_free_bytes")));
  fmt::print("limits     {} open files, {} of locked memory\n",
             host.at("open_files").is_string() ? "any number of" : host.at("open_files").dump(),
             bytes_or_word(host.at("locked_memory_bytes")));
  for (const auto& folder : report.at("folders")) fmt::print("folder     {}\n", folder.get<std::string>());
  for (const json& plugin : report.at("plugins"))
    for (const json& component : plugin.at("components")) {
      fmt::print("{:<10} {}{}\n", component.at("kind").get<std::string>(), component.at("name").get<std::string>(),
                 component.at("kind") == "device" ? ": " + devices_text(component)
                 : component.at("kind") == "ops" ? " for " + component.at("memory_kind").get<std::string>() + " devices"
                                                 : "");
      for (const auto& finding : component.value("findings", json::array()))
        fmt::print("{:<10}   {}\n", "", finding.get<std::string>());
    }
  for (const auto& variable : report.at("environment")) fmt::print("variable   {}\n", variable.get<std::string>());
  for (const json& file : report.at("unusable"))
    fmt::print("unusable   {}: {}\n", file.at("path").get<std::string>(), file.at("error").get<std::string>());
}

}  // namespace

int doctor_command(const Invocation& invocation) {
  json report{{"machine", machine()}, {"version", STRETTO_VERSION}};
  report["folders"] = json::array();
  for (const auto& folder : invocation.catalogue.folders()) report["folders"].push_back(folder.string());
  report["plugins"] = json::array();
  report["unusable"] = json::array();
  std::set<std::string> names{"stretto"};
  for (const FoundPlugin& plugin : find_plugins(invocation)) {
    if (!plugin.error.empty()) {
      report["unusable"].push_back({{"path", plugin.path.string()}, {"error", plugin.error}});
      continue;
    }
    for (const json& component : plugin.json.at("components")) names.insert(component.at("name").get<std::string>());
    report["plugins"].push_back(plugin.json);
  }
  report["environment"] = variables_of(names, invocation.environment);
  if (invocation.json)
    print_json(report);
  else
    print_report(report);
  return report.at("unusable").empty() ? kDone : kMissing;
}

}  // namespace stretto
