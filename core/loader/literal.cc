// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/literal.h"

#include "loader/table.h"
#include "loader/text.h"

#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

namespace stretto {

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

std::vector<std::string> choices_of(const stretto_option& option) {
  std::vector<std::string> choices;
  std::string rest = option.choices == nullptr ? "" : option.choices;
  while (!rest.empty()) {
    const auto bar = rest.find('|');
    choices.push_back(rest.substr(0, bar));
    rest = bar == std::string::npos ? "" : rest.substr(bar + 1);
  }
  return choices;
}

const char* type_expected(int32_t type) {
  switch (type) {
    case STRETTO_BOOLEAN: return "true or false";
    case STRETTO_INTEGER: return "an integer";
    case STRETTO_REAL: return "a number";
    case STRETTO_TEXT: return "a text";
    case STRETTO_BYTES: return "a size: bytes, or a text like \"64 MiB\"";
    case STRETTO_SECONDS: return "a duration: seconds, or a text like \"10 ms\"";
    case STRETTO_DTYPE: return "a dtype";
    case STRETTO_INTEGERS: return "a list of integers";
    case STRETTO_REALS: return "a list of numbers";
    case STRETTO_TEXTS: return "a list of texts";
    default: return nullptr;
  }
}

[[noreturn]] void reject(const std::string& found, const stretto_option& option) {
  throw Error(Code::invalid_argument, fmt::format("found {}, expected {}", found, expectation(option)));
}

bool in_range(double value, const stretto_option& option) {
  if (std::isnan(value)) return std::isnan(option.minimum) && std::isnan(option.maximum);
  return !(value < option.minimum) && !(value > option.maximum);
}

template <class T>
void check_range(const std::vector<T>& values, const stretto_option& option) {
  for (const T value : values)
    if (!in_range(static_cast<double>(value), option))
      reject(values.size() == 1 ? shown(value) : fmt::format("{} in the list", shown(value)), option);
}

void check_choice(const std::string& text, const stretto_option& option) {
  const auto choices = choices_of(option);
  if (choices.empty() || std::find(choices.begin(), choices.end(), text) != choices.end()) return;
  const auto meant = nearest(text, choices);
  throw Error(Code::invalid_argument, fmt::format("found {}, expected {}{}", shown(text), expectation(option),
                                                  meant ? fmt::format("; did you mean \"{}\"?", *meant) : ""));
}

void check_text(const std::string& text, const stretto_option& option) {
  if (text.find('\0') != std::string::npos) reject("a text with a zero byte", option);
  if (option.type == STRETTO_DTYPE && !dtype_named(text)) {
    std::vector<std::string> names;
    for (const auto& known : kDTypes) names.emplace_back(known.name);
    const auto meant = nearest(text, names);
    throw Error(Code::invalid_argument,
                fmt::format("found {}, expected a dtype: one of {}{}", shown(text), fmt::join(names, ", "),
                            meant ? fmt::format("; did you mean \"{}\"?", *meant) : ""));
  }
  check_choice(text, option);
}

bool is_empty_list(const Literal& value) {
  return std::visit(
      Overloaded{[](const std::vector<int64_t>& list) { return list.empty(); },
                 [](const std::vector<double>& list) { return list.empty(); },
                 [](const std::vector<std::string>& list) { return list.empty(); }, [](const auto&) { return false; }},
      value);
}

/// The value in the option's own type, whatever its range.
Literal in_type(const Literal& value, const stretto_option& option) {
  const auto* integer = std::get_if<int64_t>(&value);
  const auto* text = std::get_if<std::string>(&value);
  switch (option.type) {
    case STRETTO_BOOLEAN:
      if (std::holds_alternative<bool>(value)) return value;
      break;
    case STRETTO_INTEGER:
      if (integer != nullptr) return value;
      break;
    case STRETTO_BYTES:
      if (integer != nullptr && *integer >= 0) return value;
      if (text != nullptr) return bytes_from(*text);
      break;
    case STRETTO_REAL:
    case STRETTO_SECONDS:
      if (integer != nullptr) return static_cast<double>(*integer);
      if (std::holds_alternative<double>(value)) return value;
      if (text != nullptr && option.type == STRETTO_SECONDS) return seconds_from(*text);
      break;
    case STRETTO_TEXT:
    case STRETTO_DTYPE:
      if (text != nullptr) return value;
      break;
    case STRETTO_INTEGERS:
      if (is_empty_list(value)) return std::vector<int64_t>{};
      if (std::holds_alternative<std::vector<int64_t>>(value)) return value;
      break;
    case STRETTO_REALS:
      if (is_empty_list(value)) return std::vector<double>{};
      if (const auto* integers = std::get_if<std::vector<int64_t>>(&value))
        return std::vector<double>(integers->begin(), integers->end());
      if (std::holds_alternative<std::vector<double>>(value)) return value;
      break;
    case STRETTO_TEXTS:
      if (is_empty_list(value)) return std::vector<std::string>{};
      if (std::holds_alternative<std::vector<std::string>>(value)) return value;
      break;
    default: break;
  }
  reject(shown(value), option);
}

Literal list_from(const toml::array& array) {
  if (array.empty()) return std::vector<int64_t>{};
  if (array.is_homogeneous<int64_t>()) {
    std::vector<int64_t> list;
    for (const auto& item : array) list.push_back(*item.value<int64_t>());
    return list;
  }
  if (array.is_homogeneous<std::string>()) {
    std::vector<std::string> list;
    for (const auto& item : array) list.push_back(*item.value<std::string>());
    return list;
  }
  std::vector<double> list;
  for (const auto& item : array) {
    if (!item.is_number()) throw Error(Code::invalid_argument, "a list must hold numbers alone, or texts alone");
    list.push_back(*item.value<double>());
  }
  return list;
}

/// TOML text of one value, as schemas write defaults.
Literal literal_from(const char* text) {
  try {
    const auto table = toml::parse(fmt::format("value = {}\n", text));
    const auto& node = *table.get("value");
    if (table.size() != 1) throw Error(Code::invalid_argument, "it is more than one value");
    if (const auto* value = node.as_boolean()) return value->get();
    if (const auto* value = node.as_integer()) return value->get();
    if (const auto* value = node.as_floating_point()) return value->get();
    if (const auto* value = node.as_string()) return value->get();
    if (const auto* value = node.as_array()) return list_from(*value);
    throw Error(Code::invalid_argument, "it is neither a boolean, a number, a text nor a list of these");
  } catch (const toml::parse_error& error) {
    throw Error(Code::invalid_argument, fmt::format("it is not a TOML value: {}", error.description()));
  }
}

/// The first few of a long list.
template <class List, class Show>
std::string listed(const List& list, const Show& show) {
  constexpr size_t kMostShown = 16;
  std::vector<std::string> shown;
  for (size_t i = 0; i < std::min(list.size(), kMostShown); ++i) shown.push_back(show(list[i]));
  const bool all = list.size() <= kMostShown;
  return fmt::format("the list [{}{}", fmt::join(shown, ", "), all ? "]" : fmt::format(", …] of {}", list.size()));
}

}  // namespace

std::string shown(const Literal& value) {
  return std::visit(
      Overloaded{[](bool flag) { return std::string(flag ? "true" : "false"); },
                 [](int64_t number) { return fmt::format("{}", number); },
                 [](double number) { return fmt::format("{}", number); },
                 [](const std::string& text) { return fmt::format("the text \"{}\"", excerpt(text)); },
                 [](const std::vector<std::string>& list) {
                   return listed(list, [](const auto& text) { return '"' + excerpt(text) + '"'; });
                 },
                 [](const auto& list) { return listed(list, [](auto number) { return fmt::format("{}", number); }); }},
      value);
}

std::string expectation(const stretto_option& option) {
  const auto choices = choices_of(option);
  if (!choices.empty())
    return fmt::format("{} \"{}\"", option.type == STRETTO_TEXTS ? "a list of" : "one of",
                       fmt::join(choices, "\", \""));
  std::string text = type_expected(option.type);
  const bool list = option.type == STRETTO_INTEGERS || option.type == STRETTO_REALS;
  if (list && (!std::isnan(option.minimum) || !std::isnan(option.maximum))) text += ", each";
  if (!std::isnan(option.minimum) && !std::isnan(option.maximum))
    text += fmt::format(" from {} to {}", option.minimum, option.maximum);
  else if (!std::isnan(option.minimum))
    text += fmt::format(" of at least {}", option.minimum);
  else if (!std::isnan(option.maximum))
    text += fmt::format(" of at most {}", option.maximum);
  return text;
}

Literal converted(const Literal& value, const stretto_option& option) {
  auto typed = in_type(value, option);
  std::visit(Overloaded{[](bool) {}, [&](int64_t number) { check_range<int64_t>({number}, option); },
                        [&](double number) { check_range<double>({number}, option); },
                        [&](const std::string& text) { check_text(text, option); },
                        [&](const std::vector<std::string>& texts) {
                          for (const auto& text : texts) check_text(text, option);
                        },
                        [&](const auto& numbers) { check_range(numbers, option); }},
             typed);
  return typed;
}

Literal fallback_of(const stretto_option& option) { return converted(literal_from(option.fallback), option); }

void check_schema(const stretto_option& option, const std::string& owner) {
  if (type_expected(option.type) == nullptr)
    refuse(fmt::format("{}: '{}' has the unknown type {}", owner, option.name, option.type));
  if (option.choices != nullptr && option.type != STRETTO_TEXT && option.type != STRETTO_TEXTS)
    refuse(fmt::format("{}: '{}' has choices, but is no text", owner, option.name));
  if (option.fallback == nullptr) return;
  try {
    fallback_of(option);
  } catch (const Error& error) {
    refuse(
        fmt::format("{}: the default of '{}', `{}`, is wrong: {}", owner, option.name, option.fallback, error.what()));
  }
}

}  // namespace stretto
