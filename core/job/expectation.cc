// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/expectation.h"

#include "job/element.h"
#include "loader/text.h"

#include <cmath>
#include <cstring>
#include <fmt/format.h>

namespace stretto {

namespace {

/// How deep lists are nested; a text stands for a list of its bytes where bytes are compared.
size_t depth_of(const Written& written, DType dtype) {
  if (const auto* list = written.as<Written::List>()) return 1 + (list->empty() ? 0 : depth_of(list->front(), dtype));
  return written.as<std::string>() != nullptr && dtype == kU8 ? 1 : 0;
}

double as_real(const Number& number) {
  return std::visit([](auto value) { return static_cast<double>(value); }, number);
}

std::string text_of(const Tensor& tensor) {
  return {reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()};
}

class Comparison {
 public:
  Comparison(const Tensor& found, double tolerance) : found_(found), tolerance_(tolerance) {}

  std::optional<std::string> operator()(const Written& expected) {
    if (const auto* text = expected.as<std::string>()) return compare_text(*text);
    if (expected.as<Written::List>() == nullptr) return compare_all(expected);
    return compare_list(expected, 0);
  }

 private:
  std::optional<std::string> compare_text(const std::string& text) const {
    if (!(found_.dtype == kU8) || found_.shape.size() != 1)
      return fmt::format("expected the text \"{}\", found {}{}", escaped(text), to_text(found_.dtype),
                         to_text(found_.shape));
    if (text_of(found_) == text) return std::nullopt;
    return fmt::format("expected \"{}\", found \"{}\"", escaped(text), escaped(text_of(found_)));
  }

  /// One number for every element.
  std::optional<std::string> compare_all(const Written& expected) {
    const size_t count = found_.bytes.size() / found_.dtype.bytes();
    for (size_t i = 0; i < count; ++i)
      if (auto wrong = compare_element(expected)) return wrong;
    return std::nullopt;
  }

  std::optional<std::string> compare_list(const Written& expected, size_t axis) {
    if (axis == found_.shape.size()) return compare_element(expected);
    const auto* list = expected.as<Written::List>();
    if (list == nullptr || static_cast<int64_t>(list->size()) != found_.shape[axis])
      return fmt::format("expected {} for axis {}, found the shape {}", shown(expected), axis, to_text(found_.shape));
    for (const auto& item : *list)
      if (auto wrong = compare_list(item, axis + 1)) return wrong;
    return std::nullopt;
  }

  std::optional<std::string> compare_element(const Written& expected) {
    const auto* element = found_.bytes.data() + next_ * found_.dtype.bytes();
    const size_t index = next_++;
    Number number;
    if (const auto* flag = expected.as<bool>())
      number = *flag;
    else if (const auto* integer = expected.as<int64_t>())
      number = *integer;
    else if (const auto* real = expected.as<double>())
      number = *real;
    else
      return fmt::format("expected {}, found {}{}", shown(expected), element_text(found_.dtype, element),
                         place_text(index));
    std::array<std::byte, 8> wanted{};
    try {
      store_element(found_.dtype, number, wanted.data());
    } catch (const Error&) {
      return fmt::format("expected {}, which no {} can be, found {}{}", shown(expected), to_text(found_.dtype),
                         element_text(found_.dtype, element), place_text(index));
    }
    if (std::memcmp(wanted.data(), element, found_.dtype.bytes()) == 0) return std::nullopt;
    const double mine = as_real(load_element(found_.dtype, wanted.data()));
    const double theirs = as_real(load_element(found_.dtype, element));
    if (std::isnan(mine) && std::isnan(theirs)) return std::nullopt;
    if (tolerance_ > 0 && std::fabs(mine - theirs) <= tolerance_ * std::fabs(mine)) return std::nullopt;
    return fmt::format("expected {}, found {}{}{}", element_text(found_.dtype, wanted.data()),
                       element_text(found_.dtype, element), place_text(index),
                       tolerance_ > 0 ? fmt::format(" (tolerance {})", tolerance_) : "");
  }

  std::string place_text(size_t index) const {
    if (found_.shape.empty()) return "";
    Shape place(found_.shape.size());
    for (size_t axis = place.size(); axis-- > 0;) {
      place[axis] = static_cast<int64_t>(index) % found_.shape[axis];
      index /= static_cast<size_t>(found_.shape[axis]);
    }
    return " at " + to_text(place);
  }

  const Tensor& found_;
  double tolerance_;
  size_t next_ = 0;
};

}  // namespace

std::optional<std::string> mismatch(const Expectation& expectation, int64_t execution, const Tensor& found) {
  const auto& written = expectation.value;
  const size_t depth = depth_of(written, found.dtype);
  Comparison compare(found, expectation.tolerance);
  const auto* list = written.as<Written::List>();
  if (list == nullptr || depth == found.shape.size()) return compare(written);
  if (depth == found.shape.size() + 1 && !list->empty())
    return compare((*list)[static_cast<size_t>(execution) % list->size()]);
  return fmt::format(
      "expected {} nested {} deep, found {}{}: one value for all executions has a depth of {}, a list by "
      "execution one more",
      shown(written), depth, to_text(found.dtype), to_text(found.shape), found.shape.size());
}

}  // namespace stretto
