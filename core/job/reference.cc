// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/reference.h"

#include "loader/text.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace stretto {

namespace {

bool is_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         letter == '_' || letter == '-';
}

}  // namespace

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::all_of(text.begin(), text.end(), is_letter);
}

void check_name(const std::string& name, const char* what, const Place& place) {
  if (!is_name(name))
    reject(place, fmt::format("found the {} name '{}', expected letters, digits, '_' and '-'{}", what, excerpt(name),
                              name.size() > kLongestName ? fmt::format(", {} at most", kLongestName) : ""));
}

Reference parse_reference(const Written& written) {
  const auto& text = *written.as<std::string>();
  const auto fail = [&] {
    reject(written.place,
           fmt::format(R"(found "{}", expected a name: "x", "x[*]", "x[2]" or "x[:]", perhaps with ".result")",
                       excerpt(text)));
  };
  Reference reference;
  reference.place = written.place;
  std::string_view rest = text;
  const auto end_of_name = std::min(rest.find_first_of("[."), rest.size());
  reference.name = rest.substr(0, end_of_name);
  rest.remove_prefix(end_of_name);
  if (!is_name(reference.name)) fail();
  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == std::string_view::npos) fail();
    const auto inside = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    if (inside == "*") {
      reference.pick = Reference::Pick::every;
    } else if (inside == ":") {
      reference.pick = Reference::Pick::all;
    } else {
      reference.pick = Reference::Pick::one;
      const auto* end = inside.data() + inside.size();
      const auto [stop, failure] = std::from_chars(inside.data(), end, reference.index);
      if (failure != std::errc() || stop != end) fail();
    }
  }
  if (rest.starts_with('.')) {
    reference.result = rest.substr(1);
    rest = {};
    if (!is_name(reference.result)) fail();
  }
  if (!rest.empty()) fail();
  return reference;
}

}  // namespace stretto
