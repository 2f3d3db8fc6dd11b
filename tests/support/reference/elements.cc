// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "elements.h"

#include <cmath>
#include <cstring>
#include <stdexcept>

namespace stretto::testing {
namespace {

/// A floating-point format of 16 bits.
struct Half {
  int fraction_bits;
  int smallest;  // exponent of the smallest normal number
  int largest;
};
constexpr Half kHalf{10, -14, 15}, kBrain{7, -126, 127};

double from_half(const Half& format, uint16_t bits) {
  const int exponent_bits = 15 - format.fraction_bits;
  const int fraction = bits & ((1 << format.fraction_bits) - 1);
  const int exponent = (bits >> format.fraction_bits) & ((1 << exponent_bits) - 1);
  const double sign = (bits & 0x8000) != 0 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return fraction != 0 ? std::nan("") : sign * HUGE_VAL;
  if (exponent == 0) return sign * std::ldexp(fraction, format.smallest - format.fraction_bits);
  return sign *
         std::ldexp((1 << format.fraction_bits) + fraction, format.smallest + exponent - 1 - format.fraction_bits);
}

uint16_t to_half(const Half& format, double value) {
  const int exponent_bits = 15 - format.fraction_bits;
  const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000 : 0);
  const auto infinity = static_cast<uint16_t>(((1 << exponent_bits) - 1) << format.fraction_bits);
  if (std::isnan(value)) return static_cast<uint16_t>(sign | infinity | (1 << (format.fraction_bits - 1)));
  const double size = std::fabs(value);
  if (std::isinf(size)) return static_cast<uint16_t>(sign | infinity);
  if (size == 0) return sign;
  int exponent = std::max(std::ilogb(size), format.smallest);
  double units = std::nearbyint(std::ldexp(size, format.fraction_bits - exponent));
  if (units == std::ldexp(1, format.fraction_bits + 1)) {
    units /= 2;
    ++exponent;
  }
  if (exponent > format.largest) return static_cast<uint16_t>(sign | infinity);
  const int whole = static_cast<int>(units);
  if (whole < (1 << format.fraction_bits)) return static_cast<uint16_t>(sign | whole);
  const int biased = exponent - format.smallest + 1;
  return static_cast<uint16_t>(sign | (biased << format.fraction_bits) | (whole - (1 << format.fraction_bits)));
}

template <class T>
T loaded(const std::byte* data, size_t index) {
  T value;
  std::memcpy(&value, data + index * sizeof value, sizeof value);
  return value;
}
template <class T>
void stored(std::byte* data, size_t index, T value) {
  std::memcpy(data + index * sizeof value, &value, sizeof value);
}

}  // namespace

double element(DType dtype, const std::byte* data, size_t index) {
  if (dtype == kF64) return loaded<double>(data, index);
  if (dtype == kF32) return loaded<float>(data, index);
  if (dtype == kF16) return from_half(kHalf, loaded<uint16_t>(data, index));
  if (dtype == kBF16) return from_half(kBrain, loaded<uint16_t>(data, index));
  if (dtype == kI32) return loaded<int32_t>(data, index);
  if (dtype == kI64) return static_cast<double>(loaded<int64_t>(data, index));
  if (dtype == kU64) return static_cast<double>(loaded<uint64_t>(data, index));
  if (dtype == kU8) return loaded<uint8_t>(data, index);
  throw std::logic_error("the reference has no numbers of type " + to_text(dtype));
}

void set_element(DType dtype, std::byte* data, size_t index, double value) {
  if (dtype == kF64) return stored(data, index, value);
  if (dtype == kF32) return stored(data, index, static_cast<float>(value));
  if (dtype == kF16) return stored(data, index, to_half(kHalf, value));
  if (dtype == kBF16) return stored(data, index, to_half(kBrain, value));
  const auto whole = static_cast<int64_t>(value);
  if (dtype == kI32) return stored(data, index, static_cast<int32_t>(whole));
  if (dtype == kI64) return stored(data, index, whole);
  if (dtype == kU8) return stored(data, index, static_cast<uint8_t>(whole));
  throw std::logic_error("the reference has no numbers of type " + to_text(dtype));
}

double rounded(DType dtype, double value) {
  std::byte held[8];
  set_element(dtype, held, 0, value);
  return element(dtype, held, 0);
}

}  // namespace stretto::testing
