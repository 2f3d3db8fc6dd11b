// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/literal.h"
#include "loader/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <span>

namespace stretto {

namespace {

struct Unit {
  const char* name;
  double factor;
};
constexpr std::array<Unit, 9> kSizes{{{"B", 1},
                                      {"kB", 1e3},
                                      {"MB", 1e6},
                                      {"GB", 1e9},
                                      {"TB", 1e12},
                                      {"KiB", 1024.0},
                                      {"MiB", 1024.0 * 1024},
                                      {"GiB", 1024.0 * 1024 * 1024},
                                      {"TiB", 1024.0 * 1024 * 1024 * 1024}}};
constexpr std::array<Unit, 6> kDurations{
    {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"min", 60}, {"h", 3600}}};

struct Quantity {
  double number;
  double factor;
};

/// A number, then perhaps blanks, then a unit.
Quantity parsed(const std::string& text, std::span<const Unit> units, const char* kind, const char* without_unit) {
  Quantity quantity{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), quantity.number);
  if (failure != std::errc() || !std::isfinite(quantity.number))
    throw Error(Code::invalid_argument,
                fmt::format("the text \"{}\" is not {}: it starts with no number", excerpt(text), kind));
  std::string unit(end, text.data() + text.size());
  unit.erase(0, unit.find_first_not_of(' '));
  if (unit.empty()) unit = without_unit;
  std::vector<std::string> names;
  for (const auto& known : units) {
    if (unit == known.name) {
      quantity.factor = known.factor;
      return quantity;
    }
    names.emplace_back(known.name);
  }
  throw Error(Code::invalid_argument,
              fmt::format("the text \"{}\" is not {}: {}; the units are {}", excerpt(text), kind,
                          unit.empty() ? "it has no unit" : fmt::format("'{}' is no unit", excerpt(unit)),
                          fmt::join(names, ", ")));
}

}  // namespace

int64_t bytes_from(const std::string& text) {
  const auto [number, factor] = parsed(text, kSizes, "a size", "B");
  const double bytes = number * factor;
  if (bytes < 0 || bytes >= 0x1p63 || bytes != std::floor(bytes))
    throw Error(Code::invalid_argument, fmt::format("the text \"{}\" is not a whole number of bytes", excerpt(text)));
  return static_cast<int64_t>(bytes);
}

double seconds_from(const std::string& text) {
  const auto [number, factor] = parsed(text, kDurations, "a duration", "");
  // Division keeps "10 ms" equal to the literal 0.01, which multiplication by 0.001 would not for every number.
  return factor < 1 ? number / std::round(1 / factor) : number * factor;
}

}  // namespace stretto
