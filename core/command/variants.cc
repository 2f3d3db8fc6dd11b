// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/variants.h"

#include "stretto/error.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto {

namespace {

struct Varied {
  std::string key;
  std::vector<std::string> values;
};

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts{""};
  int depth = 0;
  char quote = 0;
  for (const char letter : text) {
    if (quote != 0) {
      if (letter == quote) quote = 0;
    } else if (letter == '"' || letter == '\'') {
      quote = letter;
    } else if (letter == '[' || letter == '{') {
      ++depth;
    } else if (letter == ']' || letter == '}') {
      --depth;
    } else if (letter == ',' && depth == 0) {
      parts.emplace_back();
      continue;
    }
    parts.back() += letter;
  }
  return parts;
}

Varied parse(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw Error(Code::invalid_argument,
                fmt::format("--vary {}: expected KEY=VALUE,VALUE, e.g. compile.scheduler=serial,overlap", text));
  Varied varied{text.substr(0, equals), split(text.substr(equals + 1))};
  if (varied.values.size() < 2)
    throw Error(Code::invalid_argument,
                fmt::format("--vary {}: found one value, expected two or more; --set is for one", text));
  for (size_t i = 0; i < varied.values.size(); ++i)
    if (std::find(varied.values.begin(), varied.values.begin() + static_cast<std::ptrdiff_t>(i), varied.values[i]) !=
        varied.values.begin() + static_cast<std::ptrdiff_t>(i))
      throw Error(Code::invalid_argument, fmt::format("--vary {}: found '{}' twice", text, varied.values[i]));
  return varied;
}

}  // namespace

std::vector<Variant> expand_variants(const std::vector<std::string>& varied) {
  std::vector<Variant> variants{{}};
  std::vector<std::string> keys;
  for (const auto& text : varied) {
    const Varied one = parse(text);
    if (std::find(keys.begin(), keys.end(), one.key) != keys.end())
      throw Error(Code::invalid_argument, fmt::format("--vary {}: found the key twice", one.key));
    keys.push_back(one.key);
    std::vector<Variant> more;
    for (const Variant& variant : variants)
      for (const auto& value : one.values) {
        Variant next = variant;
        next.sets.push_back(one.key + "=" + value);
        next.name += (next.name.empty() ? "" : " ") + next.sets.back();
        more.push_back(std::move(next));
      }
    variants = std::move(more);
  }
  return variants;
}

std::vector<size_t> interleaved(size_t count, int64_t repeats) {
  std::vector<size_t> order;
  for (int64_t round = 0; round < repeats; ++round)
    for (size_t i = 0; i < count; ++i) order.push_back(round % 2 == 0 ? i : count - 1 - i);
  return order;
}

}  // namespace stretto
