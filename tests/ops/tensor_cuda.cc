// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The library tensor on cuda. T1: it loads, and its signatures are the cpu's. T3: the contract, on a GPU.

#include "on_gpu.h"
#include "tensor_contract.h"

namespace stretto::contract {

const OpsUnderTest kTensor{{"tensor_cuda", "tensor"}, {"cuda", "cuda"}, false};
INSTANTIATE_TEST_SUITE_P(TensorCuda, OpContract, testing::ValuesIn(where_a_gpu_is(kTensor)));
INSTANTIATE_TEST_SUITE_P(TensorCuda, TensorContract, testing::ValuesIn(where_a_gpu_is(kTensor)));

namespace {
const stretto_op_library_api& library(const char* plugin) {
  return *static_cast<const stretto_op_library_api*>(
      load_component(plugin_path(plugin), STRETTO_OP_LIBRARY, "tensor").api);
}
}  // namespace

TEST(TensorCuda, HasTheOpsOfTheCpu) {
  const auto& cuda = library("tensor_cuda");
  const auto& cpu = library("tensor_cpu");
  EXPECT_STREQ(cuda.memory_kind, "cuda");
  ASSERT_EQ(cuda.op_count, cpu.op_count);
  for (uint32_t i = 0; i < cpu.op_count; ++i) {
    EXPECT_STREQ(cuda.ops[i]->name, cpu.ops[i]->name);
    EXPECT_EQ(cuda.ops[i]->flags, cpu.ops[i]->flags) << cpu.ops[i]->name;
    EXPECT_EQ(cuda.ops[i]->arg_count, cpu.ops[i]->arg_count) << cpu.ops[i]->name;
  }
}

class TensorOnGpu : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto reason = no_gpu(); !reason.empty()) GTEST_SKIP() << reason;
  }
};

TEST_F(TensorOnGpu, ShapesThatStandInDataAreRefused) {
  OpenOps ops(kTensor);
  const OpenNode node(ops, "fill", {{{kF32, {}, 4, false}}, {{kI64, {2}, 16, false}}},
                      "dtype = \"i32\"\nmax_bytes = 48");
  EXPECT_TRUE(failed_with(Code::invalid_argument, node.inferred()));
}

TEST_F(TensorOnGpu, NumbersThatIntegersLackBecomeTheNearest) {
  OpenOps ops(kTensor);
  for (const auto& [number, expected] : std::vector<std::pair<double, int>>{
           {256.0, 255}, {-1.0, 0}, {1e30, 255}, {HUGE_VAL, 255}, {-HUGE_VAL, 0}, {std::nan(""), 0}, {254.9, 254}}) {
    const auto launched =
        launch_once(ops, "fill", {value_of<double>(kF64, {}, {number})}, "shape = [3]\ndtype = \"u8\"");
    ASSERT_TRUE(succeeded(launched.outcome));
    EXPECT_EQ(launched.results[0].as<uint8_t>(), std::vector<uint8_t>(3, static_cast<uint8_t>(expected))) << number;
  }
}

TEST_F(TensorOnGpu, LargeValuesAreDoneWhole) {
  OpenOps ops(kTensor);
  constexpr int64_t kElements = 3'000'001;  // more than one turn of every thread, and a tail
  const auto filled =
      launch_once(ops, "fill", {value_of<float>(kF32, {}, {1.5F})}, "shape = [3000001]\ndtype = \"f16\"");
  ASSERT_TRUE(succeeded(filled.outcome));
  EXPECT_TRUE(same(filled.results[0], rounded(kF16, {kElements}, std::vector<double>(kElements, 1.5))));
  const auto summed = launch_once(ops, "add", {filled.results[0], filled.results[0]}, "", true);
  ASSERT_TRUE(succeeded(summed.outcome));
  EXPECT_TRUE(same(summed.results[0], rounded(kF16, {kElements}, std::vector<double>(kElements, 3))));
}

TEST_F(TensorOnGpu, FailRaisesAtItsExecutions) {
  OpenOps ops(kTensor);
  const Value x = value_of<float>(kF32, {2}, {1, 2});
  OpenNode node(ops, "fail", {{x.spec()}}, "at = [1]\nmessage = \"out of ink\"");
  EXPECT_TRUE(succeeded(node.launch({x}, 0).outcome));
  const auto launched = node.launch({x}, 1);
  EXPECT_TRUE(failed_with(Code::internal, launched.outcome));
  EXPECT_EQ(launched.outcome.message, "out of ink");
}

}  // namespace stretto::contract
