// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "toml_text.h"

#include "job/reference.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace stretto::fuzz {
namespace {

std::string in_quotes(std::string_view text) {
  std::string result = "\"";
  for (const char letter : text) {
    const auto byte = static_cast<uint8_t>(letter);
    if (byte < 0x20 || byte == 0x7F)
      result += fmt::format("\\u{:04x}", byte);
    else if (letter == '"' || letter == '\\')
      result += std::string("\\") + letter;
    else
      result += letter;
  }
  return result + '"';
}

std::string key_text(const std::string& key) { return is_name(key) ? key : in_quotes(key); }

std::string real_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  auto text = fmt::format("{}", value);
  // A whole one must not become an integer.
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string value_text(const Written& written) {
  if (const auto* flag = written.as<bool>()) return *flag ? "true" : "false";
  if (const auto* number = written.as<int64_t>()) return fmt::format("{}", *number);
  if (const auto* number = written.as<double>()) return real_text(*number);
  if (const auto* text = written.as<std::string>()) return in_quotes(*text);
  std::string text;
  if (const auto* list = written.as<Written::List>()) {
    for (const auto& item : *list) text += (text.empty() ? "" : ", ") + value_text(item);
    return "[" + text + "]";
  }
  const auto* table = written.as<Written::Table>();
  if (table == nullptr) return "2026-01-31";
  for (const auto& entry : *table)
    text += (text.empty() ? " " : ", ") + key_text(entry.key) + " = " + value_text(entry.value);
  return "{" + text + " }";
}

void put_entries(const Written& table, std::string& text) {
  for (const auto& entry : *table.as<Written::Table>())
    text += key_text(entry.key) + " = " + value_text(entry.value) + "\n";
}

/// Under a header that is not inline: a table of tables, such as the actors, or a list of tables, such as the nodes.
bool put_under_header(const WrittenEntry& entry, std::string& text) {
  const auto key = key_text(entry.key);
  const auto is_table = [](const Written& written) { return written.as<Written::Table>() != nullptr; };
  if (const auto* list = entry.value.as<Written::List>()) {
    if (list->empty() || !std::all_of(list->begin(), list->end(), is_table)) return false;
    for (const auto& item : *list) {
      text += "[[" + key + "]]\n";
      put_entries(item, text);
    }
    return true;
  }
  const auto* table = entry.value.as<Written::Table>();
  if (table == nullptr) return false;
  text += "[" + key + "]\n";
  put_entries(entry.value, text);
  return true;
}

}  // namespace

std::string toml_text(const Written& root) {
  std::string plain, headed;
  for (const auto& entry : *root.as<Written::Table>())
    if (!put_under_header(entry, headed)) plain += key_text(entry.key) + " = " + value_text(entry.value) + "\n";
  return plain + headed;
}

}  // namespace stretto::fuzz
