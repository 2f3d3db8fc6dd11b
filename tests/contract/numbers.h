// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Numbers as tests see them: made at random, read as doubles, and rounded by search, sharing no code with any op.

#include "open_op.h"

#include <cmath>
#include <random>

namespace stretto::contract {

inline const std::vector<DType>& floats() {
  static const std::vector<DType> list{kF32, kF64, kF16, kBF16};
  return list;
}
inline const std::vector<DType>& integers() {
  static const std::vector<DType> list{kI32, kI64, kU8};
  return list;
}
inline std::vector<DType> all_numbers() {
  auto list = floats();
  list.insert(list.end(), integers().begin(), integers().end());
  return list;
}

/// The value of a 16-bit float, by the definition of its format.
inline double decoded(DType dtype, uint16_t bits) {
  const int fraction_bits = dtype == kF16 ? 10 : 7;
  const int bias = dtype == kF16 ? 15 : 127;
  const int fraction = bits & ((1 << fraction_bits) - 1);
  const int exponent = (bits & 0x7fff) >> fraction_bits;
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == (0x7fff >> fraction_bits)) return fraction == 0 ? sign * HUGE_VAL : std::nan("");
  if (exponent == 0) return sign * std::ldexp(fraction, 1 - bias - fraction_bits);
  return sign * std::ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
}

/// The 16-bit float nearest to a number, found among all of them; ties go to the even one.
inline uint16_t encoded(DType dtype, double value) {
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const double wanted = std::abs(value);
  const uint16_t infinity = dtype == kF16 ? 0x7c00 : 0x7f80;
  if (std::isnan(value)) return infinity + 1;
  uint16_t low = 0;  // the largest that is not above
  for (uint16_t step = 0x4000; step != 0; step >>= 1)
    if (low + step < infinity && decoded(dtype, low + step) <= wanted) low += step;
  // Beyond the largest one stands, for rounding, what the next exponent would give.
  const double below = decoded(dtype, low);
  const double above = low + 1 < infinity ? decoded(dtype, low + 1) : 2 * below - decoded(dtype, low - 1);
  const double middle = below + (above - below) / 2;
  const bool up = wanted > middle || (wanted == middle && (low & 1) != 0);
  return sign | static_cast<uint16_t>(low + (up ? 1 : 0));
}

/// Element `index` as a double; i64 loses digits beyond 2^53.
inline double element(const Value& value, size_t index) {
  const auto at = [&]<class T>(T number) {
    std::memcpy(&number, value.bytes.data() + index * sizeof number, sizeof number);
    return number;
  };
  if (value.dtype == kF32) return at(float{});
  if (value.dtype == kF64) return at(double{});
  if (value.dtype == kI32) return at(int32_t{});
  if (value.dtype == kI64) return static_cast<double>(at(int64_t{}));
  if (value.dtype == kU8) return at(uint8_t{});
  return decoded(value.dtype, at(uint16_t{}));
}

/// The elements rounded to a dtype. Integers must be in its range.
inline Value rounded(DType dtype, Shape shape, const std::vector<double>& elements) {
  const auto with = [&]<class T>(auto&& convert, T) {
    std::vector<T> list;
    for (const double number : elements) list.push_back(convert(number));
    return value_of(dtype, shape, list);
  };
  const auto plain = [&]<class T>(T zero) { return with([](double number) { return static_cast<T>(number); }, zero); };
  if (dtype == kF32) return plain(float{});
  if (dtype == kF64) return plain(double{});
  if (dtype == kI32) return plain(int32_t{});
  if (dtype == kI64) return plain(int64_t{});
  if (dtype == kU8) return plain(uint8_t{});
  return with([&](double number) { return encoded(dtype, number); }, uint16_t{});
}

inline size_t elements_in(const Shape& shape) {
  size_t count = 1;
  for (const int64_t dimension : shape) count *= static_cast<size_t>(dimension);
  return count;
}

/// Small numbers with fractions for floats, small whole ones for integers.
inline Value random_value(DType dtype, const Shape& shape, std::mt19937& random) {
  std::vector<double> elements(elements_in(shape));
  const bool real = dtype.raw().code == 2 || dtype.raw().code == 4;
  for (auto& number : elements)
    number = real ? (static_cast<double>(random() % 20001) - 10000) / 512 : static_cast<double>(random() % 50);
  return rounded(dtype, shape, elements);
}

/// Scalars, vectors, matrices, one element, none, odd numbers of them.
inline std::vector<Shape> odd_shapes() {
  return {{}, {1}, {0}, {7}, {3, 5}, {0, 4}, {4, 0}, {1, 1, 9}, {257}, {5, 2, 3}};
}

inline testing::AssertionResult same(const Value& found, const Value& expected) {
  if (found.dtype != expected.dtype || found.shape != expected.shape)
    return testing::AssertionFailure() << to_text(found.spec()) << ", expected " << to_text(expected.spec());
  if (found.bytes == expected.bytes) return testing::AssertionSuccess();
  for (size_t i = 0; i < elements_in(found.shape); ++i)
    if (std::memcmp(found.bytes.data() + i * found.dtype.bytes(), expected.bytes.data() + i * found.dtype.bytes(),
                    found.dtype.bytes()) != 0)
      return testing::AssertionFailure() << "element " << i << " of " << to_text(found.spec()) << " is "
                                         << element(found, i) << ", expected " << element(expected, i);
  return testing::AssertionFailure() << "their bytes differ in number";
}

}  // namespace stretto::contract
