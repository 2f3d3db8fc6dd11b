// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// TOML as it was written: values with their positions, in the order of the file. Plain values; any thread.

#include "stretto/graph.h"

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace stretto {

/// A position that is cheap to copy.
struct Place {
  std::shared_ptr<const std::string> file;
  uint32_t line = 0;
  uint32_t column = 0;
  Source source() const { return {file ? *file : "", line, column}; }
};

struct WrittenEntry;

/// One value: a scalar, a list or a table.
struct Written {
  using List = std::vector<Written>;
  using Table = std::vector<WrittenEntry>;  ///< no key twice
  /// A date or a time, which no job has a use for.
  struct Date {};

  std::variant<bool, int64_t, double, std::string, List, Table, Date> value;
  Place place;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
  template <class T>
  T* as() {
    return std::get_if<T>(&value);
  }
  /// The value under a key of a table; null where there is none, or this is no table.
  const Written* find(std::string_view key) const;
  Written* find(std::string_view key);
};

struct WrittenEntry {
  std::string key;
  Place place;  ///< of the key
  Written value;
};

/// Parses TOML. `name` stands for the file in positions. Throws Code::invalid_argument with the position where the text
/// is not TOML, or nested too deep.
Written parse_toml(std::string_view text, const std::string& name);

/// Reads and parses a file; blocks for that. Throws Code::invalid_argument, also where it cannot be read or is too
/// large.
Written read_toml(const std::string& path);

/// All bytes of a file. Throws Code::invalid_argument: "cannot read 'path': …", or where it has more than `limit`.
std::string read_file(const std::string& path, uint64_t limit);

/// As messages show it: `the text "abc"`, `a table`, `a list of 12 values`.
std::string shown(const Written& written);

/// Throws Code::invalid_argument with the position in front.
[[noreturn]] void reject(const Place& place, const std::string& message);

}  // namespace stretto
