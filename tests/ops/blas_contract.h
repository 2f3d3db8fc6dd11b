// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the ops of library "blas" compute, on any device.

#include "numbers.h"
#include "op_contract.h"

namespace stretto::contract {

class BlasContract : public testing::TestWithParam<OpsUnderTest> {
 protected:
  OpenOps& ops() { return ops_; }
  /// Within the rounding of `inner` products, in any order, with or without fused steps.
  static testing::AssertionResult near(const Value& found, const Value& a, const Value& b) {
    const auto n = static_cast<size_t>(a.shape[0]);
    const auto inner = static_cast<size_t>(a.shape[1]);
    const auto m = static_cast<size_t>(b.shape[1]);
    if (found.shape != Shape{a.shape[0], b.shape[1]} || found.dtype != a.dtype)
      return testing::AssertionFailure() << "it is " << to_text(found.spec());
    const double epsilon = a.dtype == kF32 ? 0x1p-23 : 0x1p-52;
    for (size_t row = 0; row < n; ++row)
      for (size_t column = 0; column < m; ++column) {
        double sum = 0;
        double magnitude = 0;
        for (size_t k = 0; k < inner; ++k) {
          const double product = element(a, row * inner + k) * element(b, k * m + column);
          sum += product;
          magnitude += std::abs(product);
        }
        const double result = element(found, row * m + column);
        if (!(std::abs(result - sum) <= magnitude * epsilon * static_cast<double>(inner + 1)))
          return testing::AssertionFailure()
                 << "element " << row << ", " << column << " is " << result << ", expected " << sum;
      }
    return testing::AssertionSuccess();
  }

 private:
  OpenOps ops_{GetParam()};
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BlasContract);

TEST_P(BlasContract, MatmulIsTheSumOfProducts) {
  std::mt19937 random(11);
  for (const DType dtype : {kF32, kF64})
    for (const auto& [n, k, m] : std::vector<std::array<int64_t, 3>>{
             {1, 1, 1}, {2, 3, 4}, {7, 1, 5}, {1, 9, 1}, {33, 17, 65}, {64, 64, 64}, {0, 3, 4}, {3, 0, 4}, {3, 4, 0}}) {
      const Value a = random_value(dtype, {n, k}, random);
      const Value b = random_value(dtype, {k, m}, random);
      const auto launched = launch_once(ops(), "matmul", {a, b});
      ASSERT_TRUE(succeeded(launched.outcome)) << n << " " << k << " " << m;
      EXPECT_TRUE(near(launched.results[0], a, b)) << n << " " << k << " " << m;
    }
}

TEST_P(BlasContract, MatmulFollowsDynamicShapes) {
  std::mt19937 random(12);
  OpenNode node(ops(), "matmul", {{{kF32, {-1, 4}, 160, false}}, {{kF32, {4, -1}, 160, false}}});
  ASSERT_TRUE(succeeded(node.inferred()));
  EXPECT_EQ(node.results()[0].shape, (Shape{-1, -1}));
  EXPECT_EQ(node.results()[0].max_bytes, 400U);
  for (const auto& [n, m] : std::vector<std::pair<int64_t, int64_t>>{{10, 10}, {1, 1}, {0, 5}, {3, 7}}) {
    const Value a = random_value(kF32, {n, 4}, random);
    const Value b = random_value(kF32, {4, m}, random);
    const auto launched = node.launch({a, b});
    ASSERT_TRUE(succeeded(launched.outcome));
    EXPECT_TRUE(near(launched.results[0], a, b));
  }
}

TEST_P(BlasContract, WrongProductsAreRefused) {
  const auto says = [&](const Spec& a, const Spec& b) {
    const OpenNode node(ops(), "matmul", {{a}, {b}});
    EXPECT_TRUE(failed_with(Code::invalid_argument, node.inferred()));
    return node.inferred().message;
  };
  EXPECT_NE(says({kF32, {2, 3}, 24, false}, {kF32, {4, 2}, 32, false}).find("[2, 3]"), std::string::npos);
  EXPECT_NE(says({kF32, {2, 3}, 24, false}, {kF64, {3, 2}, 48, false}).find("f64[3, 2]"), std::string::npos);
  EXPECT_NE(says({kI32, {2, 2}, 16, false}, {kI32, {2, 2}, 16, false}).find("i32"), std::string::npos);
  EXPECT_NE(says({kF32, {4}, 16, false}, {kF32, {4, 1}, 16, false}).find("two matrices"), std::string::npos);
}

}  // namespace stretto::contract
