// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Options of components and arguments of ops: their schema, and the settings that the host hands over.

#include "stretto/value.h"

#include <cmath>
#include <limits>

namespace stretto {

enum class Type : int32_t {
  boolean = STRETTO_BOOLEAN,
  integer = STRETTO_INTEGER,
  real = STRETTO_REAL,
  text = STRETTO_TEXT,
  bytes = STRETTO_BYTES,
  seconds = STRETTO_SECONDS,
  dtype = STRETTO_DTYPE,
  integers = STRETTO_INTEGERS,
  reals = STRETTO_REALS,
  texts = STRETTO_TEXTS,
};

/// One entry of a static schema. Build it in place: `Option::real("seconds", "how long").at_least(0).required()`.
/// All texts must outlive the plugin: string literals.
struct Option : stretto_option {
  Option(Type option_type, const char* option_name, const char* option_help)
      : stretto_option{sizeof(stretto_option),
                       static_cast<int32_t>(option_type),
                       option_name,
                       option_help,
                       nullptr,
                       nullptr,
                       std::numeric_limits<double>::quiet_NaN(),
                       std::numeric_limits<double>::quiet_NaN(),
                       0} {}
  /// The default, as TOML text: `"32"`, `"\"a\""`, `"[1, 2]"`.
  Option&& otherwise(const char* toml) && {
    fallback = toml;
    return std::move(*this);
  }
  Option&& one_of(const char* names_with_bars) && {
    choices = names_with_bars;
    return std::move(*this);
  }
  Option&& at_least(double value) && {
    minimum = value;
    return std::move(*this);
  }
  Option&& at_most(double value) && {
    maximum = value;
    return std::move(*this);
  }
  Option&& needed() && {
    required = 1;
    return std::move(*this);
  }
};

/// The settings of a component or a call, by name. A view: valid as long as the host's structs.
class Settings {
 public:
  explicit Settings(const stretto_settings* raw) : raw_(raw) {}

  bool has(std::string_view name) const { return find(name) != nullptr; }
  bool boolean(std::string_view name) const { return at(name).integer != 0; }
  int64_t integer(std::string_view name) const { return at(name).integer; }
  uint64_t bytes(std::string_view name) const { return static_cast<uint64_t>(at(name).integer); }
  double real(std::string_view name) const { return at(name).real; }
  double seconds(std::string_view name) const { return at(name).real; }
  std::string text(std::string_view name) const { return at(name).text; }
  DType dtype(std::string_view name) const {
    const auto known = dtype_named(at(name).text);
    if (!known) throw Error(Code::invalid_argument, "'" + std::string(at(name).text) + "' is not a dtype");
    return *known;
  }
  std::span<const int64_t> integers(std::string_view name) const {
    const auto& item = at(name);
    return {item.integers, item.count};
  }
  std::span<const double> reals(std::string_view name) const {
    const auto& item = at(name);
    return {item.reals, item.count};
  }

 private:
  const stretto_setting* find(std::string_view name) const {
    for (uint32_t i = 0; raw_ != nullptr && i < raw_->count; ++i)
      if (name == raw_->items[i]->name) return raw_->items[i];
    return nullptr;
  }
  const stretto_setting& at(std::string_view name) const {
    const auto* item = find(name);
    if (item == nullptr) throw Error(Code::internal, "no setting named '" + std::string(name) + "'");
    return *item;
  }
  const stretto_settings* raw_;
};

}  // namespace stretto
