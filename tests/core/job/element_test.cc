// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/element.h"

#include <array>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>

namespace stretto {
namespace {

std::array<std::byte, 8> stored(DType dtype, const Number& number) {
  std::array<std::byte, 8> element{};
  store_element(dtype, number, element.data());
  return element;
}
uint16_t bits16(DType dtype, double value) {
  uint16_t bits = 0;
  std::memcpy(&bits, stored(dtype, value).data(), sizeof bits);
  return bits;
}

TEST(Elements, HalvesRoundToNearestEven) {
  EXPECT_EQ(bits16(kF16, 1.0), 0x3C00);
  EXPECT_EQ(bits16(kF16, -2.0), 0xC000);
  EXPECT_EQ(bits16(kF16, 1.0 + 0x1p-11), 0x3C00);
  EXPECT_EQ(bits16(kF16, 1.0 + 0x1p-11 + 0x1p-30), 0x3C01);
  EXPECT_EQ(bits16(kF16, 1.0 + 3 * 0x1p-11), 0x3C02);
  EXPECT_EQ(bits16(kF16, 65504.0), 0x7BFF);
  EXPECT_EQ(bits16(kF16, 0x1p-24), 0x0001);
  EXPECT_EQ(bits16(kF16, 0x1p-25), 0x0000);
  EXPECT_EQ(bits16(kF16, 0x1.ffep-15), 0x0400);
  EXPECT_EQ(bits16(kF16, -0.0), 0x8000);
  EXPECT_EQ(bits16(kF16, INFINITY), 0x7C00);
  EXPECT_EQ(bits16(kBF16, 1.0), 0x3F80);
  EXPECT_EQ(bits16(kBF16, 3.140625), 0x4049);
}

TEST(Elements, EveryHalfReadsBackAsItself) {
  for (const DType dtype : {kF16, kBF16}) {
    for (uint32_t bits = 0; bits < 0x10000; ++bits) {
      const auto raw = static_cast<uint16_t>(bits);
      std::array<std::byte, 2> element{};
      std::memcpy(element.data(), &raw, sizeof raw);
      const double value = std::get<double>(load_element(dtype, element.data()));
      if (std::isnan(value)) continue;
      ASSERT_EQ(bits16(dtype, value), raw) << to_text(dtype) << " " << bits;
      if (!std::isfinite(value)) continue;
      ASSERT_EQ(bits16(dtype, std::stod(element_text(dtype, element.data()))), raw) << to_text(dtype) << " " << bits;
    }
  }
}

TEST(Elements, AFiniteNumberMustNotBecomeInfinite) {
  EXPECT_THROW(stored(kF16, 65520.0), Error);
  EXPECT_NO_THROW(stored(kF16, 65519.0));
  EXPECT_THROW(stored(kF32, 1e39), Error);
  EXPECT_NO_THROW(stored(kF32, 3.4028235e38));
  EXPECT_THROW(stored(kBF16, 1e39), Error);
}

TEST(Elements, IntegersMustFit) {
  EXPECT_EQ(std::get<int64_t>(load_element(kI8, stored(kI8, int64_t{-128}).data())), -128);
  EXPECT_THROW(stored(kI8, int64_t{128}), Error);
  EXPECT_THROW(stored(kU8, int64_t{-1}), Error);
  EXPECT_THROW(stored(kU64, int64_t{-1}), Error);
  EXPECT_THROW(stored(kI32, 1.0), Error);
  EXPECT_THROW(stored(kI32, true), Error);
  EXPECT_THROW(stored(kBool, int64_t{1}), Error);
  EXPECT_THROW(stored(kF32, false), Error);
}

TEST(Elements, AreShownAsShortAsTheyReadBack) {
  EXPECT_EQ(element_text(kF32, stored(kF32, 0.1).data()), "0.1");
  EXPECT_EQ(element_text(kF64, stored(kF64, 0.1).data()), "0.1");
  EXPECT_EQ(element_text(kF16, stored(kF16, 0.1).data()), "0.1");
  EXPECT_EQ(element_text(kBF16, stored(kBF16, 0.25).data()), "0.25");
  EXPECT_EQ(element_text(kBool, stored(kBool, true).data()), "true");
  EXPECT_EQ(element_text(kU64, stored(kU64, std::numeric_limits<uint64_t>::max()).data()), "18446744073709551615");
}

}  // namespace
}  // namespace stretto
