// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/element.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <utility>

namespace stretto {

namespace {

/// A 16-bit floating format: sign, exponent, mantissa.
struct Narrow {
  int exponent_bits;
  int mantissa_bits;
  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  uint16_t infinity() const { return static_cast<uint16_t>(((1U << exponent_bits) - 1) << mantissa_bits); }
};
constexpr Narrow kHalf{5, 10};
constexpr Narrow kBrain{8, 7};

uint16_t narrowed(double value, const Narrow& format) {
  const auto sign = static_cast<uint16_t>(std::signbit(value) ? 0x8000U : 0U);
  if (std::isnan(value)) return sign | format.infinity() | static_cast<uint16_t>(1U << (format.mantissa_bits - 1));
  if (std::isinf(value)) return sign | format.infinity();
  if (value == 0) return sign;
  const double size = std::fabs(value);
  const int exponent = std::max(std::ilogb(size), 1 - format.bias());
  // In units of the last mantissa bit; scaling by a power of two is exact, so this rounds once.
  const auto units = static_cast<uint64_t>(std::nearbyint(std::scalbn(size, format.mantissa_bits - exponent)));
  // A mantissa that carries over counts up the exponent field by itself, also from subnormal to normal.
  const uint64_t field = static_cast<uint64_t>(exponent + format.bias() - 1) << format.mantissa_bits;
  return sign | static_cast<uint16_t>(std::min<uint64_t>(field + units, format.infinity()));
}

double widened(uint16_t bits, const Narrow& format) {
  const uint32_t mantissa = bits & ((1U << format.mantissa_bits) - 1);
  const uint32_t field = (bits & 0x7FFFU) >> format.mantissa_bits;
  const double sign = (bits & 0x8000U) != 0 ? -1 : 1;
  if (field == (1U << format.exponent_bits) - 1)
    return mantissa != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  const uint32_t hidden = field == 0 ? 0 : 1U << format.mantissa_bits;
  const int exponent = std::max<int>(static_cast<int>(field), 1) - format.bias() - format.mantissa_bits;
  return sign * std::scalbn(static_cast<double>(mantissa | hidden), exponent);
}

template <class T>
T read(const std::byte* element) {
  T value{};
  std::memcpy(&value, element, sizeof value);
  return value;
}
template <class T>
void write(T value, std::byte* element) {
  std::memcpy(element, &value, sizeof value);
}

std::string number_text(const Number& number) {
  return std::visit([](auto value) { return fmt::format("{}", value); }, number);
}

[[noreturn]] void reject_number(const Number& number, const std::string& expected) {
  throw Error(Code::invalid_argument, fmt::format("found {}, expected {}", number_text(number), expected));
}

template <class T>
void store_integer(DType dtype, const Number& number, std::byte* element) {
  const auto expected = [&] {
    return fmt::format("{} {}: {} to {}", dtype.raw().bits == 8 && dtype.raw().code == 0 ? "an" : "a", to_text(dtype),
                       std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
  };
  if (const auto* value = std::get_if<int64_t>(&number)) {
    if (!std::in_range<T>(*value)) reject_number(number, expected());
    write(static_cast<T>(*value), element);
  } else if (const auto* large = std::get_if<uint64_t>(&number)) {
    if (!std::in_range<T>(*large)) reject_number(number, expected());
    write(static_cast<T>(*large), element);
  } else {
    reject_number(number, expected());
  }
}

void store_real(DType dtype, const Number& number, std::byte* element) {
  double value = 0;
  if (const auto* real = std::get_if<double>(&number))
    value = *real;
  else if (const auto* integer = std::get_if<int64_t>(&number))
    value = static_cast<double>(*integer);
  else if (const auto* large = std::get_if<uint64_t>(&number))
    value = static_cast<double>(*large);
  else
    reject_number(number, "a number");
  bool infinite = false;
  if (dtype == kF64) {
    write(value, element);
  } else if (dtype == kF32) {
    // What lies past the largest float but rounds to it must be clamped: C++ leaves that conversion undefined.
    constexpr double kLargest = std::numeric_limits<float>::max();
    infinite = std::isfinite(value) && std::fabs(value) >= 0x1.ffffffp127;
    write(static_cast<float>(std::isfinite(value) ? std::clamp(value, -kLargest, kLargest) : value), element);
  } else {
    const auto& format = dtype == kF16 ? kHalf : kBrain;
    const auto bits = narrowed(value, format);
    infinite = std::isfinite(value) && (bits & 0x7FFFU) == format.infinity();
    write(bits, element);
  }
  if (infinite) reject_number(number, fmt::format("what fits {}", to_text(dtype)));
}

}  // namespace

void store_element(DType dtype, const Number& number, std::byte* element) {
  if (dtype == kBool) {
    const auto* flag = std::get_if<bool>(&number);
    if (flag == nullptr) reject_number(number, "true or false");
    return write(static_cast<uint8_t>(*flag ? 1 : 0), element);
  }
  if (dtype == kI8) return store_integer<int8_t>(dtype, number, element);
  if (dtype == kI16) return store_integer<int16_t>(dtype, number, element);
  if (dtype == kI32) return store_integer<int32_t>(dtype, number, element);
  if (dtype == kI64) return store_integer<int64_t>(dtype, number, element);
  if (dtype == kU8) return store_integer<uint8_t>(dtype, number, element);
  if (dtype == kU16) return store_integer<uint16_t>(dtype, number, element);
  if (dtype == kU32) return store_integer<uint32_t>(dtype, number, element);
  if (dtype == kU64) return store_integer<uint64_t>(dtype, number, element);
  store_real(dtype, number, element);
}

Number load_element(DType dtype, const std::byte* element) {
  if (dtype == kBool) return read<uint8_t>(element) != 0;
  if (dtype == kI8) return int64_t{read<int8_t>(element)};
  if (dtype == kI16) return int64_t{read<int16_t>(element)};
  if (dtype == kI32) return int64_t{read<int32_t>(element)};
  if (dtype == kI64) return read<int64_t>(element);
  if (dtype == kU8) return uint64_t{read<uint8_t>(element)};
  if (dtype == kU16) return uint64_t{read<uint16_t>(element)};
  if (dtype == kU32) return uint64_t{read<uint32_t>(element)};
  if (dtype == kU64) return read<uint64_t>(element);
  if (dtype == kF16) return widened(read<uint16_t>(element), kHalf);
  if (dtype == kBF16) return widened(read<uint16_t>(element), kBrain);
  if (dtype == kF32) return double{read<float>(element)};
  if (dtype == kF64) return read<double>(element);
  throw Error(Code::internal, "an element of an unknown dtype");
}

std::string element_text(DType dtype, const std::byte* element) {
  if (dtype == kF32) return fmt::format("{}", read<float>(element));
  if (dtype == kF16 || dtype == kBF16) {
    // Few digits suffice; the first count that reads back is the shortest.
    const double value = std::get<double>(load_element(dtype, element));
    const auto bits = read<uint16_t>(element);
    for (int digits = 1; digits <= 6; ++digits) {
      const double shown = std::stod(fmt::format("{:.{}g}", value, digits));
      if (std::isfinite(value) && narrowed(shown, dtype == kF16 ? kHalf : kBrain) == bits)
        return fmt::format("{}", shown);
    }
    return fmt::format("{}", value);
  }
  return number_text(load_element(dtype, element));
}

}  // namespace stretto
