// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/npy.h"

#include "job/written.h"
#include "loader/text.h"

#include <charconv>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>

namespace stretto {

namespace {

constexpr uint64_t kLargestArray = uint64_t{16} << 30;
constexpr std::string_view kNumpyMagic = "\x93NUMPY";

struct NamedType {
  std::string_view descr;
  DType dtype;
};
constexpr std::array<NamedType, 12> kTypes{{{"|i1", kI8},
                                            {"<i2", kI16},
                                            {"<i4", kI32},
                                            {"<i8", kI64},
                                            {"|u1", kU8},
                                            {"<u2", kU16},
                                            {"<u4", kU32},
                                            {"<u8", kU64},
                                            {"<f2", kF16},
                                            {"<f4", kF32},
                                            {"<f8", kF64},
                                            {"|b1", kBool}}};

/// The header is a Python literal: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
class Header {
 public:
  Header(std::string_view text, const std::string& name) : rest_(text), name_(name) {
    expect('{');
    while (!take('}')) {
      const auto key = text_value();
      expect(':');
      if (key == "descr")
        descr = text_value();
      else if (key == "fortran_order")
        fortran_order = truth_value();
      else if (key == "shape")
        shape_value();
      else
        fail(fmt::format("its header has the unknown key '{}'", excerpt(key)));
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_blanks();
    if (!rest_.empty()) fail("its header goes on behind the '}'");
    if (!descr || !fortran_order || !shape) fail("its header lacks one of 'descr', 'fortran_order', 'shape'");
  }

  std::optional<std::string> descr;
  std::optional<bool> fortran_order;
  std::optional<Shape> shape;

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw Error(Code::invalid_argument, fmt::format("'{}' is no .npy file that can be read: {}", excerpt(name_), why));
  }
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n"), rest_.size())); }
  bool take(char letter) {
    skip_blanks();
    if (!rest_.starts_with(letter)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char letter) {
    if (take(letter)) return;
    const auto found = rest_.empty() ? "its end" : fmt::format("'{}'", excerpt(rest_.substr(0, 12)));
    fail(fmt::format("found {} in its header, expected '{}'", found, letter));
  }
  bool take_word(std::string_view word) {
    skip_blanks();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  std::string text_value() {
    skip_blanks();
    if (rest_.starts_with('[')) fail("it holds records; expected a plain type like '<f4'");
    const char quote = rest_.starts_with('"') ? '"' : '\'';
    expect(quote);
    const auto end = rest_.find(quote);
    if (end == std::string_view::npos) fail("a text in its header does not end");
    std::string value(rest_.substr(0, end));
    rest_.remove_prefix(end + 1);
    return value;
  }
  bool truth_value() {
    if (take_word("True")) return true;
    if (!take_word("False")) fail("'fortran_order' is neither True nor False");
    return false;
  }
  void shape_value() {
    shape.emplace();
    expect('(');
    while (!take(')')) {
      skip_blanks();
      int64_t dimension = 0;
      const auto [end, failure] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), dimension);
      if (failure != std::errc() || dimension < 0) fail("its shape is no list of sizes");
      rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
      shape->push_back(dimension);
      if (shape->size() > STRETTO_MAX_RANK + 1) fail(fmt::format("it has more than {} axes", STRETTO_MAX_RANK + 1));
      if (!take(',')) {
        expect(')');
        break;
      }
    }
  }

  std::string_view rest_;
  const std::string& name_;
};

uint32_t little_endian(std::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

DType dtype_of(const Header& header, const std::string& name) {
  for (const auto& known : kTypes)
    if (known.descr == *header.descr) return known.dtype;
  const bool swapped = header.descr->starts_with('>');
  throw Error(Code::invalid_argument,
              fmt::format("'{}' has elements of type '{}', expected a plain little-endian one like '<f4'{}",
                          excerpt(name), excerpt(*header.descr), swapped ? "; save it with the other byte order" : ""));
}

}  // namespace

Tensor parse_npy(std::string_view bytes, const std::string& name) {
  const auto fail = [&](const std::string& why) {
    throw Error(Code::invalid_argument, fmt::format("'{}' is no .npy file that can be read: {}", excerpt(name), why));
  };
  if (!bytes.starts_with(kNumpyMagic)) fail("it does not start with \\x93NUMPY");
  if (bytes.size() < 10) fail("it ends in its header");
  const auto version = static_cast<uint8_t>(bytes[6]);
  if (version < 1 || version > 3) fail(fmt::format("found format {}, expected 1 to 3", version));
  const size_t prefix = version == 1 ? 10 : 12;
  if (bytes.size() < prefix) fail("it ends in its header");
  const size_t length = little_endian(bytes.substr(8, prefix - 8));
  if (length > bytes.size() - prefix) fail("it ends in its header");
  const Header header(bytes.substr(prefix, length), name);
  const auto data = bytes.substr(prefix + length);

  const DType dtype = dtype_of(header, name);
  if (*header.fortran_order && header.shape->size() > 1)
    fail("its order is column-major (Fortran's), expected row-major; save numpy.ascontiguousarray(x)");
  const auto needed = bytes_of(dtype, *header.shape);
  if (!needed || *needed != data.size())
    fail(fmt::format("found {} bytes of elements, expected {} for {}{}", data.size(), needed.value_or(0),
                     to_text(dtype), to_text(*header.shape)));
  Tensor tensor{dtype, *header.shape, std::vector<std::byte>(data.size())};
  if (!data.empty()) std::memcpy(tensor.bytes.data(), data.data(), data.size());
  return tensor;
}

Tensor read_npy(const std::string& path) {
  // What has no end of its own (/dev/zero, a pipe that nobody closes) would be read until memory is full.
  std::error_code unknown;
  const auto status = std::filesystem::status(path, unknown);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw Error(Code::invalid_argument,
                fmt::format("'{}' is {}; expected a regular file with an .npy array", excerpt(path),
                            std::filesystem::is_directory(status) ? "a folder" : "a device, a pipe or a socket"));
  return parse_npy(read_file(path, kLargestArray), path);
}

}  // namespace stretto
