// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "tensor_contract.h"

namespace stretto::contract {

const OpsUnderTest kTensor{{"tensor_cpu", "tensor"}};
INSTANTIATE_TEST_SUITE_P(TensorCpu, OpContract, testing::Values(kTensor));
INSTANTIATE_TEST_SUITE_P(TensorCpu, TensorContract, testing::Values(kTensor));

// On an asynchronous device the same error is the death of the device, so this is the host's.
TEST(TensorCpu, FailRaisesAtItsExecutions) {
  OpenOps ops(kTensor);
  const Value x = value_of<float>(kF32, {2}, {1, 2});
  OpenNode node(ops, "fail", {{x.spec()}}, "at = [1, 3]\nmessage = \"out of ink\"");
  for (int64_t execution = 0; execution < 5; ++execution) {
    const auto launched = node.launch({x}, execution);
    if (execution == 1 || execution == 3) {
      EXPECT_TRUE(failed_with(Code::internal, launched.outcome)) << execution;
      EXPECT_EQ(launched.outcome.message, "out of ink");
    } else {
      ASSERT_TRUE(succeeded(launched.outcome)) << execution;
      EXPECT_TRUE(launched.results[0].bytes == x.bytes);
    }
  }
}

}  // namespace stretto::contract
