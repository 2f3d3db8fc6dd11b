// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/feed.h"

#include "job/element.h"
#include "job/npy.h"
#include "loader/text.h"

#include <filesystem>
#include <fmt/format.h>

namespace stretto {

namespace {

// A value without elements takes no bytes, so a small file may state any number of them.
constexpr int64_t kMostFed = 1'000'000;

std::string input_named(const InputSpec& input) {
  return fmt::format("input '{}' of {}", input.name, to_text(input.spec));
}

/// Fills a tensor from nested lists. Dynamic dimensions take the first length found; all others must agree.
class Filling {
 public:
  explicit Filling(const InputSpec& input) : input_(input), shape_(input.spec.shape) {}

  Tensor operator()(const Written& written) {
    append(written, 0);
    // Lists without elements say nothing about the dimensions below them.
    for (auto& dimension : shape_) dimension = std::max<int64_t>(dimension, 0);
    return {input_.spec.dtype, shape_, std::move(bytes_)};
  }

 private:
  void append(const Written& written, size_t depth) {
    const auto* list = written.as<Written::List>();
    if (depth == shape_.size()) return append_element(written);
    if (list == nullptr)
      reject(written.place, fmt::format("{}: found {}, expected a list{} for axis {} of one execution's value",
                                        input_named(input_), shown(written), length_text(depth), depth));
    const auto length = static_cast<int64_t>(list->size());
    if (shape_[depth] < 0) shape_[depth] = length;
    if (shape_[depth] != length)
      reject(written.place, fmt::format("{}: found {}, expected {} for axis {}", input_named(input_), shown(written),
                                        shape_[depth], depth));
    for (const auto& item : *list) append(item, depth + 1);
  }

  std::string length_text(size_t depth) const { return shape_[depth] < 0 ? "" : fmt::format(" of {}", shape_[depth]); }

  void append_element(const Written& written) {
    Number number;
    if (const auto* flag = written.as<bool>())
      number = *flag;
    else if (const auto* integer = written.as<int64_t>())
      number = *integer;
    else if (const auto* real = written.as<double>())
      number = *real;
    else
      reject(written.place, fmt::format("{}: found {}, expected {}", input_named(input_), shown(written),
                                        input_.spec.dtype == kBool ? "true or false" : "a number"));
    const size_t end = bytes_.size();
    bytes_.resize(end + input_.spec.dtype.bytes());
    try {
      store_element(input_.spec.dtype, number, bytes_.data() + end);
    } catch (const Error& error) {
      reject(written.place, fmt::format("{}: {}", input_named(input_), error.what()));
    }
  }

  const InputSpec& input_;
  Shape shape_;
  std::vector<std::byte> bytes_;
};

bool fits(const Shape& spec, std::span<const int64_t> found) {
  if (spec.size() != found.size()) return false;
  for (size_t i = 0; i < spec.size(); ++i)
    if (spec[i] >= 0 && spec[i] != found[i]) return false;
  return true;
}

Feed from_file(const Written& path, const InputSpec& input) {
  const auto& written = *path.as<std::string>();
  std::filesystem::path file(written);
  // A path of --set is the caller's: relative to where the command runs.
  if (file.is_relative() && path.place.line != 0) file = std::filesystem::path(*path.place.file).parent_path() / file;
  Tensor all;
  try {
    all = read_npy(file.string());
  } catch (const Error& error) {
    reject(path.place, fmt::format("{}: {}", input_named(input), error.what()));
  }
  if (!(all.dtype == input.spec.dtype))
    reject(path.place, fmt::format("{}: found elements of {} in '{}', expected {}", input_named(input),
                                   to_text(all.dtype), excerpt(file.string()), to_text(input.spec.dtype)));
  Feed feed;
  if (fits(input.spec.shape, all.shape)) {
    feed.values.push_back(std::move(all));
    return feed;
  }
  const std::span<const int64_t> shape(all.shape);
  if (shape.empty() || !fits(input.spec.shape, shape.subspan(1)))
    reject(path.place,
           fmt::format("{}: found the shape {} in '{}', expected {}, or one axis more in front that counts "
                       "executions",
                       input_named(input), to_text(shape), excerpt(file.string()), to_text(input.spec.shape)));
  if (shape[0] > kMostFed)
    reject(path.place, fmt::format("{}: found {} values by execution in '{}', expected {} at most", input_named(input),
                                   shape[0], excerpt(file.string()), kMostFed));
  const Shape one(shape.begin() + 1, shape.end());
  const auto bytes = static_cast<std::ptrdiff_t>(bytes_of(all.dtype, one).value_or(0));
  for (int64_t i = 0; i < shape[0]; ++i) {
    const auto begin = all.bytes.begin() + i * bytes;
    feed.values.push_back({all.dtype, one, {begin, begin + bytes}});
  }
  return feed;
}

}  // namespace

Feed read_feed(const Written& written, const InputSpec& input) {
  Feed feed;
  if (const auto* list = written.as<Written::List>()) {
    for (const auto& value : *list) feed.values.push_back(Filling(input)(value));
  } else {
    feed = from_file(*written.find("file"), input);
  }
  feed.source = written.place.source();
  if (feed.values.empty())
    reject(written.place, fmt::format("{}: found a feed without values, expected one at least", input_named(input)));
  for (const auto& value : feed.values)
    if (input.spec.max_bytes != 0 && value.bytes.size() > input.spec.max_bytes)
      reject(written.place, fmt::format("{}: found a value of {} bytes, expected {} at most (max_bytes)",
                                        input_named(input), value.bytes.size(), input.spec.max_bytes));
  return feed;
}

}  // namespace stretto
