// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What every op library must do, whatever its ops. What single ops compute stands beside the library's own tests.

#include "open_op.h"

#include <set>

namespace stretto::contract {

class OpContract : public testing::TestWithParam<OpsUnderTest> {
 protected:
  OpenOps& ops() { return ops_; }

 private:
  OpenOps ops_{GetParam()};
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(OpContract);

TEST_P(OpContract, WorksOnTheMemoryOfItsDevice) {
  EXPECT_STREQ(ops().api().memory_kind, ops().device().api().memory_kind);
}

TEST_P(OpContract, EveryOpIsDescribed) {
  std::set<std::string> names;
  ASSERT_GE(ops().api().op_count, 1U);
  for (uint32_t i = 0; i < ops().api().op_count; ++i) {
    const stretto_op& op = *ops().api().ops[i];
    EXPECT_TRUE(names.insert(op.name).second) << op.name << " twice";
    EXPECT_STRNE(op.summary, "") << op.name;
    EXPECT_GE(op.result_count, 1U) << op.name;
    for (const void* function : {reinterpret_cast<const void*>(op.infer), reinterpret_cast<const void*>(op.prepare),
                                 reinterpret_cast<const void*>(op.launch), reinterpret_cast<const void*>(op.release)})
      EXPECT_NE(function, nullptr) << op.name;
    std::set<std::string> ports;
    for (uint32_t port = 0; port < op.input_count; ++port) {
      EXPECT_TRUE(ports.insert(op.inputs[port]->name).second) << op.name;
      EXPECT_STRNE(op.inputs[port]->help, "") << op.name;
    }
    for (uint32_t arg = 0; arg < op.arg_count; ++arg) EXPECT_STRNE(op.args[arg]->help, "") << op.name;
  }
}

TEST_P(OpContract, CallWithoutInputsIsRefusedWithItsReason) {
  for (uint32_t i = 0; i < ops().api().op_count; ++i) {
    const stretto_op& op = *ops().api().ops[i];
    if (op.input_count == 0) continue;
    std::string args;
    for (uint32_t arg = 0; arg < op.arg_count; ++arg) {
      if (op.args[arg]->required == 0) continue;
      const bool named = op.args[arg]->type == STRETTO_DTYPE || op.args[arg]->type == STRETTO_TEXT;
      args += std::string(op.args[arg]->name) + " = " + (named ? "\"f32\"" : "1") + "\n";
    }
    const OpenNode node(ops(), op.name, std::vector<std::vector<Spec>>(op.input_count), args);
    EXPECT_TRUE(failed_with(Code::invalid_argument, node.inferred())) << op.name;
  }
}

}  // namespace stretto::contract
