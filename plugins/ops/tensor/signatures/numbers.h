// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Element types in C++, and how the ops compute with them.

#include "stretto/op.h"

#include <bit>
#include <concepts>
#include <cstring>
#include <type_traits>

namespace stretto::tensor {

/// The nearest number of a 16-bit binary format with this many exponent bits, ties to even; beyond the largest,
/// infinity.
template <int kExponentBits>
constexpr uint16_t narrowed(double value) {
  constexpr int kFractionBits = 15 - kExponentBits;
  constexpr int kBias = (1 << (kExponentBits - 1)) - 1;
  constexpr uint64_t kInfinity = ((1ULL << kExponentBits) - 1) << kFractionBits;
  const auto bits = std::bit_cast<uint64_t>(value);
  const uint64_t sign = (bits >> 63) << 15;
  const auto exponent = static_cast<int>((bits >> 52) & 0x7ff);
  const uint64_t fraction = bits & ((1ULL << 52) - 1);
  if (exponent == 0x7ff) {
    const uint64_t quiet = fraction == 0 ? 0 : (1ULL << (kFractionBits - 1)) | (fraction >> (52 - kFractionBits));
    return static_cast<uint16_t>(sign | kInfinity | quiet);
  }
  int biased = exponent - 1023 + kBias;
  int shift = 52 - kFractionBits;
  if (biased <= 0) {  // subnormal here: no leading one is implied
    shift += 1 - biased;
    biased = 1;
  }
  if (exponent == 0 || shift > 53) return static_cast<uint16_t>(sign);
  const uint64_t significand = fraction | (1ULL << 52);
  const uint64_t half = 1ULL << (shift - 1);
  const uint64_t rest = significand & ((1ULL << shift) - 1);
  uint64_t kept = significand >> shift;
  if (rest > half || (rest == half && (kept & 1) != 0)) ++kept;
  // Added, not or-ed: the leading one, and a carry out of the rounding, count in the exponent.
  const uint64_t result = (static_cast<uint64_t>(biased - 1) << kFractionBits) + kept;
  return static_cast<uint16_t>(sign | (result < kInfinity ? result : kInfinity));
}

/// IEEE 754 binary16.
struct F16 {
  uint16_t bits;
  static constexpr F16 nearest(double value) { return {narrowed<5>(value)}; }
  constexpr float widened() const {
    const uint32_t sign = (bits & 0x8000U) << 16U;
    const uint32_t exponent = (bits >> 10U) & 0x1fU;
    const uint32_t fraction = bits & 0x3ffU;
    if (exponent == 0) {
      const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
      return sign != 0 ? -magnitude : magnitude;
    }
    const uint32_t wide = exponent == 0x1f ? 0xffU : exponent + (127 - 15);
    return std::bit_cast<float>(sign | (wide << 23U) | (fraction << 13U));
  }
};

/// The upper half of an IEEE 754 binary32.
struct BF16 {
  uint16_t bits;
  static constexpr BF16 nearest(double value) { return {narrowed<8>(value)}; }
  constexpr float widened() const { return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16U); }
};

template <class T>
concept Narrow = std::same_as<T, F16> || std::same_as<T, BF16>;

/// What sums of T are held in: f32 for the 16-bit floats, so that a sum of two rounds once; else T itself.
template <class T>
using Wide = std::conditional_t<Narrow<T>, float, T>;

template <class T>
constexpr Wide<T> widened(T value) {
  if constexpr (Narrow<T>)
    return value.widened();
  else
    return value;
}
/// Back from a Wide<T>, or from a double for floats: nearest, ties to even.
template <class T, class From>
constexpr T nearest(From value) {
  if constexpr (Narrow<T>)
    return T::nearest(static_cast<double>(value));
  else
    return static_cast<T>(value);
}

/// Integers wrap around, as their type does on every processor; in C++ only unsigned ones do so by right.
template <class T>
constexpr T sum(T a, T b) {
  if constexpr (std::integral<T>)
    return static_cast<T>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  else
    return a + b;
}

/// Calls `body(std::type_identity<T>())` with the C++ type of a number's dtype.
/// Throws Code::invalid_argument for other types; `what` starts the message.
template <class Body>
auto with_type(DType dtype, const char* what, Body&& body) {
  if (dtype == kF32) return body(std::type_identity<float>());
  if (dtype == kF64) return body(std::type_identity<double>());
  if (dtype == kF16) return body(std::type_identity<F16>());
  if (dtype == kBF16) return body(std::type_identity<BF16>());
  if (dtype == kI8) return body(std::type_identity<int8_t>());
  if (dtype == kI16) return body(std::type_identity<int16_t>());
  if (dtype == kI32) return body(std::type_identity<int32_t>());
  if (dtype == kI64) return body(std::type_identity<int64_t>());
  if (dtype == kU8) return body(std::type_identity<uint8_t>());
  if (dtype == kU16) return body(std::type_identity<uint16_t>());
  if (dtype == kU32) return body(std::type_identity<uint32_t>());
  if (dtype == kU64) return body(std::type_identity<uint64_t>());
  throw Error(Code::invalid_argument,
              std::string(what) + " does not compute with " + to_text(dtype) + "; give it floats or integers");
}

/// The kernel of this element type: `K<T>(arguments…)`.
template <template <class> class K, class... Arguments>
std::unique_ptr<Kernel> kernel_for(DType dtype, const char* what, Arguments&&... arguments) {
  return with_type(dtype, what, [&]<class T>(std::type_identity<T>) -> std::unique_ptr<Kernel> {
    return std::make_unique<K<T>>(std::forward<Arguments>(arguments)...);
  });
}

}  // namespace stretto::tensor
