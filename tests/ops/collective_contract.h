// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the ops of library "collective" compute on each member of a set, on any device.

#include "numbers.h"
#include "op_contract.h"

#include <functional>

namespace stretto::contract {

class CollectiveContract : public testing::TestWithParam<OpsUnderTest> {
 protected:
  /// On every member, of the same inputs.
  std::vector<Launched> on_all(const std::string& op, const std::vector<Value>& inputs, uint32_t members,
                               const std::string& args = "") {
    std::vector<Spec> specs;
    for (const auto& input : inputs) specs.push_back(input.spec());
    std::vector<Launched> all;
    for (uint32_t member = 0; member < members; ++member)
      all.push_back(OpenNode(ops_, op, {specs}, args, 0, member, members).launch(inputs));
    return all;
  }
  Value random(DType dtype, const Shape& shape) { return random_value(dtype, shape, random_); }
  Outcome inferred(const std::string& op, const std::vector<Spec>& inputs, uint32_t members) {
    return OpenNode(ops_, op, {inputs}, "", 0, 0, members).inferred();
  }

 private:
  OpenOps ops_{GetParam()};
  std::mt19937 random_{11};
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(CollectiveContract);

/// Element by element in the order of the inputs, in f32 for 16-bit floats, rounded once more at the end.
inline Value folded(const std::vector<Value>& inputs, const std::function<double(double, double)>& combine) {
  const DType dtype = inputs[0].dtype;
  const bool narrow = dtype == kF16 || dtype == kBF16;
  std::vector<double> totals;
  const auto count = static_cast<size_t>(*bytes_of(dtype, inputs[0].shape) / dtype.bytes());
  for (size_t i = 0; i < count; ++i) {
    double total = element(inputs[0], i);
    for (size_t v = 1; v < inputs.size(); ++v) {
      total = combine(total, element(inputs[v], i));
      if (narrow || dtype == kF32) total = static_cast<double>(static_cast<float>(total));
    }
    totals.push_back(total);
  }
  return rounded(dtype, inputs[0].shape, totals);
}

TEST_P(CollectiveContract, AllReduceGivesEveryMemberTheSame) {
  const std::vector<std::pair<std::string, std::function<double(double, double)>>> ways{
      {"sum", [](double a, double b) { return a + b; }},
      {"min", [](double a, double b) { return std::min(a, b); }},
      {"max", [](double a, double b) { return std::max(a, b); }},
      {"product", [](double a, double b) { return a * b; }}};
  for (const auto& [name, combine] : ways)
    for (const DType dtype : {kF32, kF64, kF16, kBF16})
      for (const Shape& shape : {Shape{}, Shape{7, 3}, Shape{2500}, Shape{0, 4}}) {
        const std::vector<Value> inputs{random(dtype, shape), random(dtype, shape), random(dtype, shape)};
        const Value expected = folded(inputs, combine);
        for (const auto& launched : on_all("all_reduce", inputs, 3, "reduce = \"" + name + "\"")) {
          ASSERT_TRUE(succeeded(launched.outcome)) << name;
          EXPECT_TRUE(same(launched.results[0], expected)) << name << " of " << to_text(dtype) << to_text(shape);
        }
      }
}

TEST_P(CollectiveContract, IntegersWrapAround) {
  const auto launched =
      on_all("all_reduce", {value_of<uint8_t>(kU8, {2}, {200, 3}), value_of<uint8_t>(kU8, {2}, {100, 4})}, 2);
  ASSERT_TRUE(succeeded(launched[1].outcome));
  EXPECT_EQ(launched[1].results[0].as<uint8_t>(), (std::vector<uint8_t>{44, 7}));
}

TEST_P(CollectiveContract, ReduceScatterGivesEachMemberItsPart) {
  const std::vector<Value> inputs{random(kF32, {6, 5}), random(kF32, {6, 5}), random(kF32, {6, 5})};
  const Value whole = folded(inputs, [](double a, double b) { return a + b; });
  const auto all = on_all("reduce_scatter", inputs, 3);
  for (size_t member = 0; member < 3; ++member) {
    ASSERT_TRUE(succeeded(all[member].outcome));
    const auto& part = all[member].results[0];
    EXPECT_EQ(part.shape, (Shape{2, 5}));
    EXPECT_EQ(part.bytes, std::vector<std::byte>(whole.bytes.begin() + static_cast<std::ptrdiff_t>(member * 40),
                                                 whole.bytes.begin() + static_cast<std::ptrdiff_t>((member + 1) * 40)));
  }
}

TEST_P(CollectiveContract, AllGatherLaysTheInputsOneAfterTheOther) {
  const std::vector<Value> inputs{random(kU8, {2, 3}), random(kU8, {0, 3}), random(kU8, {5, 3})};
  std::vector<std::byte> bytes;
  for (const auto& input : inputs) bytes.insert(bytes.end(), input.bytes.begin(), input.bytes.end());
  for (const auto& launched : on_all("all_gather", inputs, 3)) {
    ASSERT_TRUE(succeeded(launched.outcome));
    EXPECT_EQ(launched.results[0].shape, (Shape{7, 3}));
    EXPECT_EQ(launched.results[0].bytes, bytes);
  }
}

TEST_P(CollectiveContract, BroadcastIsTheInput) {
  const Value x = random(kF16, {3, 3});
  for (const auto& launched : on_all("broadcast", {x}, 4)) {
    ASSERT_TRUE(succeeded(launched.outcome));
    EXPECT_TRUE(same(launched.results[0], x));
  }
}

TEST_P(CollectiveContract, InputsThatDoNotBelongTogetherAreRefused) {
  const auto says = [](const Outcome& outcome, const char* text) {
    EXPECT_TRUE(failed_with(Code::invalid_argument, outcome));
    EXPECT_NE(outcome.message.find(text), std::string::npos) << outcome.message;
  };
  const Spec a{kF32, {4}, 16, false}, b{kF32, {5}, 20, false}, c{kF64, {4}, 32, false}, flag{kBool, {4}, 4, false};
  says(inferred("all_reduce", {a, b}, 2), "x[1] is f32[5], expected f32[4] as x[0] is");
  says(inferred("all_reduce", {a, a, c}, 3), "x[2] is f64[4], expected f32[4] as those before it are");
  says(inferred("all_reduce", {flag, flag}, 2), "floats or integers");
  says(inferred("reduce_scatter", {b, b}, 2), "expected a first dimension that parts into 2");
  says(inferred("all_gather", {a, c}, 2), "expected f32[4] but for the first dimension, as x[0] is");
  says(inferred("all_gather", {{kF32, {}, 4, false}}, 1), "scalar");
}

}  // namespace stretto::contract
