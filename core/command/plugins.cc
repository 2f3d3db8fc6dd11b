// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/found_plugins.h"
#include "command/print.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace stretto {

namespace {

using nlohmann::json;

int kind_rank(const json& component) {
  constexpr std::array kKinds{"device", "transport", "scheduler", "ops"};
  const auto kind = component.at("kind").get<std::string>();
  return static_cast<int>(std::find(kKinds.begin(), kKinds.end(), kind) - kKinds.begin());
}

/// All components, with the plugin they come from; the first of a kind and name is the one that is used.
json components_of(const std::vector<FoundPlugin>& plugins) {
  json list = json::array();
  std::set<std::string> taken;
  for (const FoundPlugin& plugin : plugins) {
    if (!plugin.error.empty()) continue;
    for (json component : plugin.json.at("components")) {
      component["plugin"] = plugin.json.at("plugin");
      component["version"] = plugin.json.at("version");
      component["path"] = plugin.path.string();
      const std::string variant = component.at("kind") == "ops" ? component.at("memory_kind").get<std::string>() : "";
      component["hidden"] = !taken
                                 .insert(component.at("kind").get<std::string>() + "." +
                                         component.at("name").get<std::string>() + "." + variant)
                                 .second;
      list.push_back(std::move(component));
    }
  }
  std::stable_sort(list.begin(), list.end(), [](const json& a, const json& b) {
    return std::pair(kind_rank(a), a.at("name").get<std::string>()) <
           std::pair(kind_rank(b), b.at("name").get<std::string>());
  });
  return list;
}

std::string text_of(const json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); }

std::string flags_text(const json& component) {
  if (!component.contains("flags")) return "";
  std::vector<std::string> flags = component.at("flags").get<std::vector<std::string>>();
  return fmt::format("{}", fmt::join(flags, ", "));
}

std::string range_text(const json& option) {
  const auto least = option.contains("minimum") ? fmt::format("{:.15g}", option.at("minimum").get<double>()) : "";
  const auto most = option.contains("maximum") ? fmt::format("{:.15g}", option.at("maximum").get<double>()) : "";
  if (!least.empty() && !most.empty()) return fmt::format("{} to {}", least, most);
  if (!least.empty()) return "at least " + least;
  return most.empty() ? "" : "at most " + most;
}

std::string option_text(const json& option) {
  std::string text = option.at("help").get<std::string>();
  if (option.contains("choices")) text += fmt::format(": {}", text_of(option.at("choices")));
  if (const auto range = range_text(option); !range.empty()) text += ", " + range;
  if (option.contains("default")) text += fmt::format(" (default {})", text_of(option.at("default")));
  if (option.contains("required")) text += " (required)";
  return text;
}

void print_options(const json& options, const std::string& indent) {
  TextTable table({{""}, {""}, {""}});
  for (const json& option : options)
    table.add({text_of(option.at("name")), text_of(option.at("type")), option_text(option)});
  if (!table.empty()) fmt::print("{}", table.text(indent));
}

std::string ports_text(const json& ports) {
  std::vector<std::string> names;
  for (const json& port : ports) {
    std::string name = port.at("name").get<std::string>();
    for (const auto& flag : port.at("flags")) name += flag == "list" ? "…" : "?";
    names.push_back(name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

void print_ops(const json& ops) {
  for (const json& op : ops) {
    fmt::print("  {}({}) → {}: {}{}\n", text_of(op.at("name")), ports_text(op.at("inputs")),
               ports_text(op.at("results")), text_of(op.at("summary")),
               op.at("flags").empty() ? "" : " [" + flags_text(op) + "]");
    print_options(op.at("args"), "      ");
  }
}

void print_rates(const json& component) {
  if (!component.contains("rates")) return;
  std::vector<std::string> rates;
  for (const auto& [name, rate] : component.at("rates").items())
    rates.push_back(fmt::format("{} {:g}", name, rate.get<double>()));
  fmt::print("  rates, where there are no costs: {}\n", fmt::join(rates, ", "));
}

void print_component(const json& component) {
  fmt::print("{} {}: {}\n  plugin {} {} ({}){}\n", text_of(component.at("kind")), text_of(component.at("name")),
             text_of(component.at("summary")), text_of(component.at("plugin")), text_of(component.at("version")),
             text_of(component.at("path")), component.value("hidden", false) ? "; hidden by one found earlier" : "");
  for (const char* key : {"memory_kind", "memory_kinds", "flags", "send_completes", "eager_bytes", "devices", "reason"})
    if (component.contains(key)) {
      const json& value = component.at(key);
      std::string text = text_of(value);
      if (value.is_array()) text = fmt::format("{}", fmt::join(value.get<std::vector<std::string>>(), ", "));
      std::string title = key;
      std::replace(title.begin(), title.end(), '_', ' ');
      fmt::print("  {}: {}\n", title, text);
    }
  print_rates(component);
  if (!component.at("options").empty()) {
    fmt::print("  options, under [{}.{}]:\n", text_of(component.at("kind")), text_of(component.at("name")));
    print_options(component.at("options"), "    ");
  }
  if (component.contains("ops")) print_ops(component.at("ops"));
}

bool report_unusable(const std::vector<FoundPlugin>& plugins) {
  bool any = false;
  for (const FoundPlugin& plugin : plugins) {
    if (plugin.error.empty()) continue;
    any = true;
    fmt::print(stderr, "stretto: {}: {}\n", plugin.path.string(), plugin.error);
  }
  return any;
}

}  // namespace

int plugin_list_command(const Invocation& invocation) {
  const auto plugins = find_plugins(invocation);
  const json components = components_of(plugins);
  if (invocation.json) {
    json files = json::array();
    for (const FoundPlugin& plugin : plugins)
      if (!plugin.error.empty()) files.push_back({{"path", plugin.path.string()}, {"error", plugin.error}});
    print_json({{"components", components}, {"unusable", files}});
  } else {
    std::vector<TextTable::Column> columns(invocation.verbose ? 6 : 4);
    TextTable table(columns);
    for (const json& component : components) {
      std::vector<std::string> cells{text_of(component.at("kind")), text_of(component.at("name")),
                                     text_of(component.at("plugin")) + " " + text_of(component.at("version")),
                                     text_of(component.at("summary"))};
      if (component.value("hidden", false)) cells[3] += " (hidden by one found earlier)";
      if (invocation.verbose) cells.insert(cells.end(), {flags_text(component), text_of(component.at("path"))});
      table.add(std::move(cells));
    }
    fmt::print("{}", table.text());
  }
  return report_unusable(plugins) ? kMissing : kDone;
}

int plugin_info_command(const Invocation& invocation) {
  std::vector<FoundPlugin> plugins;
  const bool is_file = invocation.job.find('/') != std::string::npos || invocation.job.ends_with(".so");
  if (is_file)
    plugins.push_back(ask_plugin(invocation, invocation.job));
  else
    plugins = find_plugins(invocation);
  if (is_file && !plugins.front().error.empty())
    throw Error(Code::unavailable, fmt::format("{}: {}", invocation.job, plugins.front().error));
  json chosen = json::array();
  std::vector<std::string> names;
  for (const json& component : components_of(plugins)) {
    names.push_back(text_of(component.at("name")));
    if (is_file || component.at("name") == invocation.job) chosen.push_back(component);
  }
  if (chosen.empty()) {
    report_unusable(plugins);
    const auto meant = nearest(invocation.job, names);
    std::vector<std::string> folders;
    for (const auto& folder : invocation.catalogue.folders()) folders.push_back(folder.string());
    throw Error(Code::unavailable,
                fmt::format("no component is named '{}'{} (searched {})", invocation.job,
                            meant ? fmt::format("; did you mean '{}'?", *meant) : "", fmt::join(folders, ", ")));
  }
  if (invocation.json)
    print_json(chosen);
  else
    for (const json& component : chosen) print_component(component);
  return kDone;
}

}  // namespace stretto
