// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/nesting.h"

#include "stretto/graph.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto {

namespace {

constexpr int kMostOpen = 32;

/// Where a quoted text that starts at `begin` ends: behind its closing quotes, or where it breaks off.
size_t end_of_text(std::string_view text, size_t begin) {
  const char quote = text[begin];
  const bool many_lines = text.substr(begin, 3) == std::string(3, quote);
  size_t at = begin + (many_lines ? 3 : 1);
  for (; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
      continue;
    }
    if (!many_lines && text[at] == '\n') return at;
    if (text[at] != quote) continue;
    if (!many_lines) return at + 1;
    if (text.substr(at, 3) != std::string(3, quote)) continue;
    // Up to two quotes may stand right before the closing three.
    at += 3;
    for (int i = 0; i < 2 && at < text.size() && text[at] == quote; ++i) ++at;
    return at;
  }
  return text.size();
}

[[noreturn]] void reject_depth(std::string_view before, const std::string& name, const std::string& found) {
  const auto line = static_cast<uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const auto column = static_cast<uint32_t>(before.size() - (before.rfind('\n') + 1)) + 1;
  throw Error(Code::invalid_argument,
              fmt::format("{}found {}, expected fewer", to_prefix({name, line, column}), found));
}

}  // namespace

void check_nesting(std::string_view text, const std::string& name) {
  int dots = 0, open = 0;
  for (size_t at = 0; at < text.size();) {
    switch (text[at]) {
      case '"':
      case '\'': at = std::min(end_of_text(text, at), text.size()); continue;
      case '#': at = std::min(text.find('\n', at), text.size()); continue;
      case '[':
      case '{':
        dots = 0;
        if (++open > kMostOpen)
          reject_depth(text.substr(0, at), name, fmt::format("more than {} lists and tables in each other", kMostOpen));
        break;
      case ']':
      case '}':
        dots = 0;
        open = std::max(open - 1, 0);
        break;
      case '\n':
      case '=':
      case ',': dots = 0; break;
      case '.':
        if (++dots >= kMostKeyParts)
          reject_depth(text.substr(0, at), name, fmt::format("a key of more than {} parts", kMostKeyParts));
        break;
      default: break;
    }
    ++at;
  }
}

}  // namespace stretto
