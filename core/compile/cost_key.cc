// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/cost_key.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace stretto {

namespace compiling {

namespace {

template <class T>
std::string element_text(const T& value) {
  if constexpr (std::is_same_v<T, bool>)
    return value ? "true" : "false";
  else if constexpr (std::is_same_v<T, std::string>)
    return '"' + value + '"';
  else if constexpr (std::is_same_v<T, double>) {
    const auto text = fmt::format("{}", value);  // a real, though a whole number, as TOML has it
    return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
  } else
    return fmt::format("{}", value);
}

std::string literal_text(const Literal& literal) {
  return std::visit(
      [](const auto& value) {
        if constexpr (
            requires { value.push_back({}); } && !requires { value.c_str(); }) {
          std::vector<std::string> texts;
          for (const auto& item : value) texts.push_back(element_text(item));
          return fmt::format("[{}]", fmt::join(texts, ", "));
        } else {
          return element_text(value);
        }
      },
      literal);
}

}  // namespace

std::vector<std::string> cost_keys(const PlanNode& node, const std::string& library,
                                   const std::vector<PlanValue>& values) {
  std::string specs;
  for (const uint32_t value : node.inputs) specs += " " + to_text(values[value].spec);
  specs += " ->";
  for (const uint32_t value : node.results) specs += " " + to_text(values[value].spec);
  const auto op = library + "." + node.op;
  std::vector<std::string> keys;
  if (!node.args.empty()) {
    std::vector<std::string> args;
    for (const auto& [name, argument] : node.args)
      args.push_back(fmt::format("{} = {}", name, literal_text(argument.value)));
    keys.push_back(fmt::format("{}({}){}", op, fmt::join(args, ", "), specs));
  }
  keys.push_back(op + specs);
  return keys;
}

std::string without_spaces(const std::string& key) {
  std::string text;
  bool quoted = false;
  for (const char c : key) {
    if (c == '"') quoted = !quoted;
    if (c != ' ' || quoted) text += c;
  }
  return text;
}

ListedOps::ListedOps(const std::map<std::string, double>& ops) {
  for (const auto& [key, seconds] : ops) seconds_[without_spaces(key)] = seconds;
}

std::optional<double> ListedOps::find(const std::vector<std::string>& keys) const {
  for (const auto& key : keys) {
    const auto known = seconds_.find(without_spaces(key));
    if (known != seconds_.end()) return known->second;
  }
  return std::nullopt;
}

}  // namespace compiling

std::vector<std::string> cost_keys(const Plan& plan, uint32_t node) {
  const auto& each = plan.nodes.at(node);
  return compiling::cost_keys(each, plan.components.at(each.ops).name, plan.values);
}

}  // namespace stretto
