// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/written.h"

#include "job/nesting.h"
#include "loader/literal.h"
#include "loader/text.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <toml++/toml.h>

namespace stretto {

namespace {

constexpr uint64_t kLargestText = uint64_t{64} << 20;

/// Converts toml++'s tree, whose nodes lose their positions when copied.
class Conversion {
 public:
  explicit Conversion(std::shared_ptr<const std::string> file) : file_(std::move(file)) {}

  Written operator()(const toml::node& node) const {
    Written written;
    written.place = place(node.source());
    node.visit([&](const auto& typed) { written.value = value(typed); });
    return written;
  }

 private:
  Place place(const toml::source_region& region) const { return {file_, region.begin.line, region.begin.column}; }

  template <class T>
  decltype(Written::value) value(const toml::value<T>& typed) const {
    if constexpr (std::is_same_v<T, toml::date> || std::is_same_v<T, toml::time> || std::is_same_v<T, toml::date_time>)
      return Written::Date{};
    else
      return typed.get();
  }
  decltype(Written::value) value(const toml::array& array) const {
    Written::List list;
    list.reserve(array.size());
    for (const auto& item : array) list.push_back((*this)(item));
    return list;
  }
  decltype(Written::value) value(const toml::table& table) const {
    Written::Table entries;
    entries.reserve(table.size());
    for (const auto& [key, item] : table)
      entries.push_back({std::string(key.str()), place(key.source()), (*this)(item)});
    // toml++ sorts keys; what was written first shall come first.
    std::stable_sort(entries.begin(), entries.end(), [](const WrittenEntry& a, const WrittenEntry& b) {
      return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
    });
    return entries;
  }

  std::shared_ptr<const std::string> file_;
};

}  // namespace

const Written* Written::find(std::string_view key) const {
  if (const auto* table = as<Table>())
    for (const auto& entry : *table)
      if (entry.key == key) return &entry.value;
  return nullptr;
}

Written* Written::find(std::string_view key) {
  return const_cast<Written*>(static_cast<const Written*>(this)->find(key));  // NOLINT: this object is not const
}

Written parse_toml(std::string_view text, const std::string& name) {
  check_nesting(text, name);
  try {
    const toml::table table = toml::parse(text, name);
    return Conversion(std::make_shared<const std::string>(name))(table);
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    throw Error(Code::invalid_argument,
                fmt::format("{}this is not TOML: {}", to_prefix({name, begin.line, begin.column}),
                            excerpt(error.description())));
  }
}

std::string read_file(const std::string& path, uint64_t limit) {
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  std::string text;
  std::vector<char> piece(1 << 16);
  while (stream.read(piece.data(), static_cast<std::streamsize>(piece.size())) || stream.gcount() > 0) {
    text.append(piece.data(), static_cast<size_t>(stream.gcount()));
    if (text.size() > limit)
      throw Error(Code::invalid_argument,
                  fmt::format("'{}' has more than {} MiB, the most that is read", excerpt(path), limit >> 20));
  }
  if (!stream.eof())
    throw Error(Code::invalid_argument, fmt::format("cannot read '{}': {}", excerpt(path),
                                                    errno != 0 ? std::strerror(errno) : "it is no file"));
  return text;
}

Written read_toml(const std::string& path) { return parse_toml(read_file(path, kLargestText), path); }

std::string shown(const Written& written) {
  if (const auto* flag = written.as<bool>()) return shown(Literal(*flag));
  if (const auto* number = written.as<int64_t>()) return shown(Literal(*number));
  if (const auto* number = written.as<double>()) return shown(Literal(*number));
  if (const auto* text = written.as<std::string>()) return shown(Literal(*text));
  if (const auto* list = written.as<Written::List>())
    return list->empty() ? "an empty list" : fmt::format("a list of {}", list->size());
  return written.as<Written::Table>() != nullptr ? "a table" : "a date or time";
}

void reject(const Place& place, const std::string& message) {
  throw Error(Code::invalid_argument, to_prefix(place.source()) + message);
}

}  // namespace stretto
