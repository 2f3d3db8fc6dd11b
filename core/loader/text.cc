// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/text.h"

#include <cstdint>
#include <fmt/format.h>

namespace stretto {

namespace {

constexpr size_t kLongestExcerpt = 200;

/// The length of the well-formed sequence at the start of `text`; 0 where there is none.
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : 0U; };
  const auto between = [](uint32_t value, uint32_t low, uint32_t high) { return value >= low && value <= high; };
  const auto follows = [&](size_t i) { return between(byte(i), 0x80, 0xBF); };
  const uint32_t lead = byte(0);
  if (text.empty()) return 0;
  if (lead < 0x80) return 1;
  if (between(lead, 0xC2, 0xDF)) return follows(1) ? 2 : 0;
  if (between(lead, 0xE0, 0xEF)) {
    const bool second = between(byte(1), lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF);
    return second && follows(2) ? 3 : 0;
  }
  if (between(lead, 0xF0, 0xF4)) {
    const bool second = between(byte(1), lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string escaped(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const size_t length = sequence_length(text);
    const auto lead = static_cast<uint8_t>(text.front());
    if (length == 0 || lead < 0x20 || lead == 0x7F)
      shown += fmt::format("\\x{:02x}", lead);
    else
      shown += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return shown;
}

std::string excerpt(std::string_view text) {
  if (text.size() <= kLongestExcerpt) return escaped(text);
  size_t end = kLongestExcerpt;
  // Not within a sequence; where there are none, anywhere.
  for (size_t i = 0; i < 3 && (static_cast<uint8_t>(text[end]) & 0xC0U) == 0x80; ++i) --end;
  return fmt::format("{}… ({} bytes)", escaped(text.substr(0, end)), text.size());
}

}  // namespace stretto
