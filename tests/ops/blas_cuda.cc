// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The library blas on cuda. T1: it loads, and refuses what makes no sense. T3: the contract, on a GPU.

#include "blas_contract.h"
#include "on_gpu.h"

namespace stretto::contract {

const OpsUnderTest kBlas{{"blas_cuda", "blas"}, {"cuda", "cuda"}, false};
INSTANTIATE_TEST_SUITE_P(BlasCuda, OpContract, testing::ValuesIn(where_a_gpu_is(kBlas)));
INSTANTIATE_TEST_SUITE_P(BlasCuda, BlasContract, testing::ValuesIn(where_a_gpu_is(kBlas)));

TEST(BlasCuda, LoadsWithoutADriver) {
  const auto& api = *static_cast<const stretto_op_library_api*>(
      load_component(plugin_path("blas_cuda"), STRETTO_OP_LIBRARY, "blas").api);
  EXPECT_STREQ(api.memory_kind, "cuda");
  ASSERT_EQ(api.op_count, 1U);
  EXPECT_STREQ(api.ops[0]->name, "matmul");
}

class BlasOnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = no_gpu(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

// Products are exact in f32, sums are in f32 in any order, and the result is rounded once.
TEST_F(BlasOnGpu, SixteenBitFactorsAreSummedInF32) {
  OpenOps ops(kBlas);
  std::mt19937 random(13);
  for (const DType dtype : {kF16, kBF16})
    for (const auto& [n, k, m] :
         std::vector<std::array<int64_t, 3>>{{1, 1, 1}, {33, 17, 65}, {64, 64, 64}, {128, 500, 96}}) {
      const Value a = random_value(dtype, {n, k}, random);
      const Value b = random_value(dtype, {k, m}, random);
      const auto launched = launch_once(ops, "matmul", {a, b});
      ASSERT_TRUE(succeeded(launched.outcome)) << n << " " << k << " " << m;
      for (int64_t row = 0; row < n; ++row)
        for (int64_t column = 0; column < m; ++column) {
          double total = 0;
          double magnitude = 0;
          for (int64_t i = 0; i < k; ++i) {
            const double product =
                element(a, static_cast<size_t>(row * k + i)) * element(b, static_cast<size_t>(i * m + column));
            total += product;
            magnitude += std::abs(product);
          }
          const double found = element(launched.results[0], static_cast<size_t>(row * m + column));
          const double rounding = std::abs(total) * (dtype == kF16 ? 0x1p-11 : 0x1p-8) + 0x1p-24;
          ASSERT_LE(std::abs(found - total), rounding + magnitude * 0x1p-22 * static_cast<double>(k + 1))
              << to_text(dtype) << " element " << row << ", " << column;
        }
    }
}

TEST_F(BlasOnGpu, MathModeIsForF32) {
  OpenOps ops(kBlas);
  const Spec wide{kF64, {4, 4}, 128, false};
  const OpenNode refused(ops, "matmul", {{wide}, {wide}}, "math = \"tf32\"");
  EXPECT_TRUE(failed_with(Code::invalid_argument, refused.inferred()));
  std::mt19937 random(14);
  const Value a = random_value(kF32, {64, 64}, random);
  EXPECT_TRUE(succeeded(launch_once(ops, "matmul", {a, a}, "math = \"tf32\"").outcome));
}

TEST_F(BlasOnGpu, WorkspaceIsWhatTheArgumentSays) {
  OpenOps ops(kBlas);
  const Spec x{kF16, {64, 64}, 8192, false};
  const OpenNode node(ops, "matmul", {{x}, {x}}, "workspace = 1048576");
  ASSERT_TRUE(succeeded(node.inferred()));
  EXPECT_EQ(node.inference().workspace_bytes, 1048576U);
}

}  // namespace stretto::contract
