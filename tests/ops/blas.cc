// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "blas_contract.h"

namespace stretto::contract {

const OpsUnderTest kBlas{{"blas_cpu", "blas"}};
INSTANTIATE_TEST_SUITE_P(BlasCpu, OpContract, testing::Values(kBlas));
INSTANTIATE_TEST_SUITE_P(BlasCpu, BlasContract, testing::Values(kBlas));

TEST(BlasCpu, NodesOfAProcessAgreeOnTheNumberOfThreads) {
  OpenOps ops(kBlas);
  const std::vector<std::vector<Spec>> inputs{{{kF32, {2, 2}, 16, false}}, {{kF32, {2, 2}, 16, false}}};
  {
    OpenNode one(ops, "matmul", inputs);
    OpenNode same(ops, "matmul", inputs);
    OpenNode two(ops, "matmul", inputs, "threads = 2");
    EXPECT_TRUE(succeeded(one.prepare()));
    EXPECT_TRUE(succeeded(same.prepare()));
    EXPECT_TRUE(failed_with(Code::unavailable, two.prepare()));
  }
  OpenNode alone(ops, "matmul", inputs, "threads = 2");
  EXPECT_TRUE(succeeded(alone.prepare()));
}

}  // namespace stretto::contract
