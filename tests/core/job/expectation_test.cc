// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/expectation.h"

#include "job/element.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

namespace stretto {
namespace {

Tensor tensor(DType dtype, Shape shape, const std::vector<Number>& numbers) {
  Tensor made{dtype, std::move(shape), std::vector<std::byte>(numbers.size() * dtype.bytes())};
  for (size_t i = 0; i < numbers.size(); ++i) store_element(dtype, numbers[i], made.bytes.data() + i * dtype.bytes());
  return made;
}
Tensor text(const std::string& letters) {
  Tensor made{kU8, {static_cast<int64_t>(letters.size())}, std::vector<std::byte>(letters.size())};
  std::memcpy(made.bytes.data(), letters.data(), letters.size());
  return made;
}
Expectation expected(const std::string& toml, double tolerance = 0) {
  Expectation expectation;
  expectation.value = *parse_toml("x = " + toml, "job.toml").find("x");
  expectation.tolerance = tolerance;
  return expectation;
}

TEST(Expectations, AListOfTheFieldsOwnRankHoldsForEveryExecution) {
  EXPECT_FALSE(mismatch(expected("[64, 2]"), 3, tensor(kI64, {2}, {int64_t{64}, int64_t{2}})));
  EXPECT_EQ(mismatch(expected("[64, 2]"), 3, tensor(kI64, {2}, {int64_t{64}, int64_t{3}})),
            "expected 2, found 3 at [1]");
  EXPECT_EQ(mismatch(expected("[64]"), 0, tensor(kI64, {2}, {int64_t{64}, int64_t{3}})),
            "expected a list of 1 for axis 0, found the shape [2]");
}

TEST(Expectations, AListOneDeeperGoesByExecutionAndStartsOver) {
  const auto levels = expected("[0.0, 0.25]");
  EXPECT_FALSE(mismatch(levels, 1, tensor(kF32, {}, {0.25})));
  EXPECT_FALSE(mismatch(levels, 3, tensor(kF32, {}, {0.25})));
  EXPECT_EQ(mismatch(levels, 2, tensor(kF32, {}, {0.25})), "expected 0, found 0.25");
  EXPECT_FALSE(mismatch(expected("[[1], [1, 2]]"), 1, tensor(kI32, {2}, {int64_t{1}, int64_t{2}})));
}

TEST(Expectations, OneNumberStandsForEveryElement) {
  EXPECT_FALSE(mismatch(expected("0.1"), 0, tensor(kF32, {2, 2}, {0.1, 0.1, 0.1, 0.1})));
  EXPECT_EQ(mismatch(expected("0.1"), 0, tensor(kF32, {2, 2}, {0.1, 0.1, 0.2, 0.1})),
            "expected 0.1, found 0.2 at [1, 0]");
}

TEST(Expectations, TextsAreComparedAsTexts) {
  EXPECT_FALSE(mismatch(expected("\"f32\""), 0, text("f32")));
  EXPECT_EQ(mismatch(expected("\"f32\""), 0, text("f16")), "expected \"f32\", found \"f16\"");
  EXPECT_FALSE(mismatch(expected("[\"a\", \"bb\"]"), 1, text("bb")));
  EXPECT_FALSE(mismatch(expected("[102, 51]"), 1, text("f3")));
  EXPECT_EQ(mismatch(expected("\"a\""), 0, tensor(kF32, {}, {0.0})), "expected the text \"a\", found f32[]");
}

TEST(Expectations, BitsMustBeEqualUnlessATolerancesAllowsMore) {
  const double off = std::nextafter(1.0, 2.0);
  EXPECT_EQ(mismatch(expected("1.0"), 0, tensor(kF64, {}, {off})), "expected 1, found 1.0000000000000002");
  EXPECT_FALSE(mismatch(expected("1.0", 1e-12), 0, tensor(kF64, {}, {off})));
  EXPECT_EQ(mismatch(expected("1.0", 1e-3), 0, tensor(kF64, {}, {1.5})), "expected 1, found 1.5 (tolerance 0.001)");
  EXPECT_EQ(mismatch(expected("0.0"), 0, tensor(kF64, {}, {-0.0})), "expected 0, found -0");
  EXPECT_FALSE(mismatch(expected("nan"), 0, tensor(kF32, {}, {std::nan("")})));
}

TEST(Expectations, SayWhatNoElementCanBe) {
  EXPECT_EQ(mismatch(expected("300"), 0, tensor(kU8, {}, {int64_t{44}})), "expected 300, which no u8 can be, found 44");
  EXPECT_EQ(mismatch(expected("0.5"), 0, tensor(kI32, {}, {int64_t{0}})), "expected 0.5, which no i32 can be, found 0");
}

TEST(Expectations, SayHowDeepTheyShouldBe) {
  const auto message = mismatch(expected("[[[1]]]"), 0, tensor(kI32, {}, {int64_t{1}}));
  ASSERT_TRUE(message);
  EXPECT_NE(message->find("nested 3 deep, found i32[]"), std::string::npos);
}

TEST(Expectations, ShapesWithoutElementsAreRight) {
  EXPECT_FALSE(mismatch(expected("[]"), 0, tensor(kI64, {0}, {})));
  EXPECT_FALSE(mismatch(expected("1"), 0, tensor(kI64, {0, 3}, {})));
}

}  // namespace
}  // namespace stretto
