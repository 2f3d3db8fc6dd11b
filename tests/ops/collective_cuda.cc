// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The library collective on cuda. T1: it loads, and its signatures are the cpu's. T3: the contract, on a GPU.

#include "collective_contract.h"
#include "on_gpu.h"

namespace stretto::contract {

const OpsUnderTest kCollective{{"collective_cuda", "collective"}, {"cuda", "cuda"}, false};
INSTANTIATE_TEST_SUITE_P(CollectiveCuda, OpContract, testing::ValuesIn(where_a_gpu_is(kCollective)));
INSTANTIATE_TEST_SUITE_P(CollectiveCuda, CollectiveContract, testing::ValuesIn(where_a_gpu_is(kCollective)));

namespace {
const stretto_op_library_api& library(const char* plugin) {
  return *static_cast<const stretto_op_library_api*>(
      load_component(plugin_path(plugin), STRETTO_OP_LIBRARY, "collective").api);
}
}  // namespace

TEST(CollectiveCuda, HasTheOpsOfTheCpu) {
  const auto& cuda = library("collective_cuda");
  const auto& cpu = library("collective_cpu");
  EXPECT_STREQ(cuda.memory_kind, "cuda");
  ASSERT_EQ(cuda.op_count, cpu.op_count);
  for (uint32_t i = 0; i < cpu.op_count; ++i) {
    EXPECT_STREQ(cuda.ops[i]->name, cpu.ops[i]->name);
    EXPECT_EQ(cuda.ops[i]->collective, cpu.ops[i]->collective) << cpu.ops[i]->name;
    EXPECT_EQ(cuda.ops[i]->arg_count, cpu.ops[i]->arg_count) << cpu.ops[i]->name;
  }
}

}  // namespace stretto::contract
