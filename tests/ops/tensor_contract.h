// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the ops of library "tensor" compute, on any device.

#include "numbers.h"
#include "op_contract.h"

namespace stretto::contract {

class TensorContract : public testing::TestWithParam<OpsUnderTest> {
 protected:
  OpenOps& ops() { return ops_; }
  std::mt19937& random() { return random_; }
  Spec dynamic(DType dtype, size_t rank, uint64_t max_bytes) { return {dtype, Shape(rank, -1), max_bytes, false}; }
  /// infer refuses, and says this.
  testing::AssertionResult refused(const std::string& op, std::vector<std::vector<Spec>> inputs,
                                   const std::string& args, const std::string& says) {
    const OpenNode node(ops_, op, std::move(inputs), args);
    const auto result = failed_with(Code::invalid_argument, node.inferred());
    if (!result || node.inferred().message.find(says) != std::string::npos) return result;
    return testing::AssertionFailure() << "'" << node.inferred().message << "' does not say '" << says << "'";
  }

 private:
  OpenOps ops_{GetParam()};
  std::mt19937 random_{7};
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TensorContract);

TEST_P(TensorContract, CopyIsTheInput) {
  for (const DType dtype : all_numbers())
    for (const Shape& shape : odd_shapes()) {
      const Value x = random_value(dtype, shape, random());
      const auto launched = launch_once(ops(), "copy", {x});
      ASSERT_TRUE(succeeded(launched.outcome));
      EXPECT_TRUE(same(launched.results[0], x));
    }
}

TEST_P(TensorContract, FillConvertsTheValue) {
  for (const DType from : all_numbers())
    for (const DType to : all_numbers()) {
      const Value value = random_value(from, {}, random());
      double number = element(value, 0);
      if (to.raw().code < 2) number = std::trunc(number);
      if (to == kU8 && number < 0) continue;
      const auto launched = launch_once(ops(), "fill", {value}, "shape = [3, 5]\ndtype = \"" + to_text(to) + "\"");
      ASSERT_TRUE(succeeded(launched.outcome));
      EXPECT_TRUE(same(launched.results[0], rounded(to, {3, 5}, std::vector<double>(15, number))))
          << to_text(from) << " to " << to_text(to);
    }
}

TEST_P(TensorContract, SixteenBitFloatsRoundToNearestEven) {
  std::vector<double> numbers{0.0,    -0.0,    65504,  65519.99, 65520, 1e-8,    2.98e-8,  5.96e-8,
                              6.1e-5, 3.38e38, 3.4e38, 1e-40,    1e308, -1e-310, HUGE_VAL, -HUGE_VAL};
  for (const DType dtype : {kF16, kBF16})
    for (int i = 0; i < 400; ++i) {
      // On a number, half way to the next one, and a hair beside both.
      const auto bits = static_cast<uint16_t>(random()() % (dtype == kF16 ? 0x7bff : 0x7f7f));
      const double low = decoded(dtype, bits);
      const double middle = (low + decoded(dtype, bits + 1)) / 2;
      for (const double number : {low, middle, std::nextafter(middle, 0), std::nextafter(middle, HUGE_VAL)})
        numbers.push_back(random()() % 2 == 0 ? number : -number);
    }
  for (const DType dtype : {kF16, kBF16}) {
    OpenNode node(ops(), "fill", {{{kF64, {}, 8, false}}}, "shape = [1]\ndtype = \"" + to_text(dtype) + "\"");
    for (const double number : numbers) {
      const auto launched = node.launch({value_of<double>(kF64, {}, {number})});
      ASSERT_TRUE(succeeded(launched.outcome));
      EXPECT_EQ(launched.results[0].as<uint16_t>()[0], encoded(dtype, number)) << to_text(dtype) << " of " << number;
    }
    const auto launched = node.launch({value_of<double>(kF64, {}, {std::nan("")})});
    EXPECT_TRUE(std::isnan(element(launched.results[0], 0)));
  }
}

TEST_P(TensorContract, EverySixteenBitFloatWidensExactly) {
  for (const DType dtype : {kF16, kBF16}) {
    OpenNode node(ops(), "fill", {{{dtype, {}, 2, false}}}, "shape = [1]\ndtype = \"f64\"");
    for (uint32_t bits = 0; bits < 0x10000; bits += 37) {
      const double expected = decoded(dtype, static_cast<uint16_t>(bits));
      const auto launched = node.launch({value_of<uint16_t>(dtype, {}, {static_cast<uint16_t>(bits)})});
      ASSERT_TRUE(succeeded(launched.outcome));
      const double found = element(launched.results[0], 0);
      EXPECT_TRUE(found == expected || (std::isnan(found) && std::isnan(expected))) << bits << ": " << found;
    }
  }
}

TEST_P(TensorContract, FillRefusesNumbersThatIntegersLack) {
  if (!GetParam().sees_data) GTEST_SKIP() << "its ops are launched before there is data";
  for (const double number : {256.0, -1.0, 1e30, HUGE_VAL, std::nan("")})
    EXPECT_TRUE(failed_with(
        Code::invalid_argument,
        launch_once(ops(), "fill", {value_of<double>(kF64, {}, {number})}, "shape = [2]\ndtype = \"u8\"").outcome))
        << number;
}

TEST_P(TensorContract, FillTakesItsShapeFromAnInput) {
  if (!GetParam().sees_data) GTEST_SKIP() << "its ops are launched before there is data";
  OpenNode node(ops(), "fill", {{{kF32, {}, 4, false}}, {{kI64, {2}, 16, false}}}, "dtype = \"i32\"\nmax_bytes = 48");
  ASSERT_TRUE(succeeded(node.inferred()));
  EXPECT_EQ(node.results()[0].shape, (Shape{-1, -1}));
  EXPECT_EQ(node.results()[0].max_bytes, 48U);
  const Value value = value_of<float>(kF32, {}, {3});
  for (const Shape& shape : {Shape{3, 4}, Shape{1, 1}, Shape{0, 9}, Shape{2, 5}}) {
    const auto launched = node.launch({value, value_of(kI64, {2}, shape)});
    ASSERT_TRUE(succeeded(launched.outcome));
    EXPECT_TRUE(same(launched.results[0], rounded(kI32, shape, std::vector<double>(elements_in(shape), 3))));
  }
  EXPECT_TRUE(failed_with(Code::overloaded, node.launch({value, value_of<int64_t>(kI64, {2}, {13, 1})}).outcome));
  EXPECT_TRUE(failed_with(Code::invalid_argument, node.launch({value, value_of<int64_t>(kI64, {2}, {-2, 1})}).outcome));
}

TEST_P(TensorContract, WrongFillsAreRefused) {
  const Spec scalar{kF32, {}, 4, false};
  EXPECT_TRUE(refused("fill", {{scalar}, {}}, "dtype = \"f32\"", "shape"));
  EXPECT_TRUE(refused("fill", {{{kF32, {2}, 8, false}}, {}}, "shape = [1]\ndtype = \"f32\"", "expected a scalar"));
  EXPECT_TRUE(refused("fill", {{scalar}, {{kI64, {2}, 16, false}}}, "shape = [1]\ndtype = \"f32\"", "twice"));
  EXPECT_TRUE(refused("fill", {{scalar}, {{kI32, {2}, 8, false}}}, "dtype = \"f32\"", "i64[n]"));
  EXPECT_TRUE(refused("fill", {{scalar}, {}}, "shape = [1]\ndtype = \"bool\"", "bool"));
  EXPECT_TRUE(refused("fill", {{scalar}, {}}, "shape = [1]\ndtype = \"f99\"", "f99"));
}

TEST_P(TensorContract, AddSumsLeftToRight) {
  for (const DType dtype : all_numbers())
    for (const size_t count : {1, 2, 3, 5})
      for (const Shape& shape : odd_shapes()) {
        std::vector<Value> values;
        for (size_t i = 0; i < count; ++i) values.push_back(random_value(dtype, shape, random()));
        std::vector<double> sums(elements_in(shape));
        for (size_t at = 0; at < sums.size(); ++at) {
          sums[at] = element(values[0], at);
          for (size_t i = 1; i < count; ++i) {
            sums[at] += element(values[i], at);
            if (dtype != kF64) sums[at] = static_cast<double>(static_cast<float>(sums[at]));
          }
        }
        const auto launched = launch_once(ops(), "add", values, "", true);
        ASSERT_TRUE(succeeded(launched.outcome));
        EXPECT_TRUE(same(launched.results[0], rounded(dtype, shape, sums)));
      }
}

TEST_P(TensorContract, IntegersWrapAround) {
  const auto sum = launch_once(
      ops(), "add", {value_of<uint8_t>(kU8, {2}, {200, 255}), value_of<uint8_t>(kU8, {2}, {100, 1})}, "", true);
  ASSERT_TRUE(succeeded(sum.outcome));
  EXPECT_EQ(sum.results[0].as<uint8_t>(), (std::vector<uint8_t>{44, 0}));
  const auto product = launch_once(ops(), "scale", {value_of<int32_t>(kI32, {2}, {INT32_MAX, -5})}, "factor = 2.0");
  ASSERT_TRUE(succeeded(product.outcome));
  EXPECT_EQ(product.results[0].as<int32_t>(), (std::vector<int32_t>{-2, -10}));
}

TEST_P(TensorContract, WrongAddsAreRefused) {
  const Spec x{kF32, {2, 3}, 24, false};
  EXPECT_TRUE(refused("add", {{x, {kF64, {2, 3}, 48, false}}}, "", "'values'[1] is f64[2, 3], expected f32[2, 3]"));
  EXPECT_TRUE(refused("add", {{x, {kF32, {2, 4}, 32, false}}}, "", "f32[2, 4]"));
  EXPECT_TRUE(refused("add", {{x, {kF32, {6}, 24, false}}}, "", "f32[6]"));
  EXPECT_TRUE(refused("add", {{{kBool, {2}, 2, false}}}, "", "bool"));
  OpenNode node(ops(), "add", {{dynamic(kF32, 1, 40), dynamic(kF32, 1, 40)}});
  EXPECT_TRUE(failed_with(Code::invalid_argument,
                          node.launch({random_value(kF32, {3}, random()), random_value(kF32, {4}, random())}).outcome));
}

TEST_P(TensorContract, ScaleRoundsOnce) {
  for (const DType dtype : floats())
    for (const Shape& shape : odd_shapes()) {
      const Value x = random_value(dtype, shape, random());
      std::vector<double> expected(elements_in(shape));
      for (size_t i = 0; i < expected.size(); ++i) expected[i] = element(x, i) * 0.3;
      const auto launched = launch_once(ops(), "scale", {x}, "factor = 0.3");
      ASSERT_TRUE(succeeded(launched.outcome));
      EXPECT_TRUE(same(launched.results[0], rounded(dtype, shape, expected)));
    }
  EXPECT_TRUE(refused("scale", {{{kI32, {2}, 8, false}}}, "factor = 0.5", "whole"));
}

TEST_P(TensorContract, ReduceGoesLeftToRight) {
  for (const DType dtype : all_numbers())
    for (const Shape& shape : odd_shapes()) {
      const Value x = random_value(dtype, shape, random());
      const size_t count = elements_in(shape);
      double sum = 0;
      double most = count == 0 ? 0 : element(x, 0);
      double least = most;
      for (size_t i = 0; i < count; ++i) {
        sum += element(x, i);
        if (dtype != kF64) sum = static_cast<double>(static_cast<float>(sum));
        most = std::max(most, element(x, i));
        least = std::min(least, element(x, i));
      }
      if (dtype == kU8) sum = std::fmod(sum, 256);
      const auto summed = launch_once(ops(), "reduce", {x});
      ASSERT_TRUE(succeeded(summed.outcome));
      EXPECT_TRUE(same(summed.results[0], rounded(dtype, {}, {sum})));
      if (count == 0) {
        EXPECT_TRUE(refused("reduce", {{x.spec()}}, "op = \"max\"", "without elements"));
        continue;
      }
      EXPECT_TRUE(same(launch_once(ops(), "reduce", {x}, "op = \"max\"").results.at(0), rounded(dtype, {}, {most})));
      EXPECT_TRUE(same(launch_once(ops(), "reduce", {x}, "op = \"min\"").results.at(0), rounded(dtype, {}, {least})));
    }
}

TEST_P(TensorContract, ConcatUndoesSplit) {
  for (const DType dtype : all_numbers())
    for (const Shape& shape : {Shape{1}, Shape{0}, Shape{7}, Shape{4, 3}, Shape{5, 0}, Shape{9, 2, 2}}) {
      const Value x = random_value(dtype, shape, random());
      const auto halves = launch_once(ops(), "split", {x});
      ASSERT_TRUE(succeeded(halves.outcome));
      EXPECT_EQ(halves.results[0].shape[0], (shape[0] + 1) / 2);
      EXPECT_EQ(halves.results[1].shape[0], shape[0] / 2);
      const size_t low = halves.results[0].bytes.size();
      EXPECT_TRUE(std::equal(x.bytes.begin(), x.bytes.begin() + static_cast<std::ptrdiff_t>(low),
                             halves.results[0].bytes.begin()));
      const auto joined = launch_once(ops(), "concat", halves.results, "", true);
      ASSERT_TRUE(succeeded(joined.outcome));
      EXPECT_TRUE(same(joined.results[0], x));
    }
  const Spec scalar{kF32, {}, 4, false};
  EXPECT_TRUE(refused("split", {{scalar}}, "", "scalar"));
  EXPECT_TRUE(refused("concat", {{scalar}}, "", "scalar"));
  EXPECT_TRUE(refused("concat", {{{kF32, {2, 3}, 24, false}, {kF32, {2, 4}, 32, false}}}, "", "f32[2, 4]"));
  const Spec most{kU8, {std::numeric_limits<int64_t>::max(), 0}, 0, false};
  EXPECT_TRUE(refused("concat", {{most, {kU8, {1, 0}, 0, false}}}, "", "than a dimension can be"));
}

TEST_P(TensorContract, DescribeTellsValueShapeAndDtype) {
  for (const DType dtype : all_numbers())
    for (const Shape& shape : odd_shapes()) {
      const Value x = random_value(dtype, shape, random());
      const auto launched = launch_once(ops(), "describe", {x});
      ASSERT_TRUE(succeeded(launched.outcome));
      const double first = x.bytes.empty() ? 0 : element(x, 0);
      EXPECT_TRUE(same(launched.results[0], rounded(kF32, {}, {first})));
      EXPECT_EQ(launched.results[1].as<int64_t>(), shape);
      const auto name = launched.results[2].as<char>();
      EXPECT_EQ(std::string(name.begin(), name.end()), to_text(dtype));
    }
  const OpenNode node(ops(), "describe", {{{kF16, {2}, 4, false}}});
  EXPECT_TRUE(node.results().at(2).text);
}

TEST_P(TensorContract, ChecksumIsFnv1a) {
  const auto checksum = [&](const std::string& text) {
    const auto launched = launch_once(
        ops(), "checksum", {value_of<char>(kU8, {static_cast<int64_t>(text.size())}, {text.begin(), text.end()})});
    return launched.results.at(0).as<uint64_t>().at(0);
  };
  // The test vectors of the function's authors.
  EXPECT_EQ(checksum(""), 0xcbf29ce484222325U);
  EXPECT_EQ(checksum("a"), 0xaf63dc4c8601ec8cU);
  EXPECT_EQ(checksum("foobar"), 0x85944171f73967e8U);
}

TEST_P(TensorContract, RunningSumRemembers) {
  for (const DType dtype : all_numbers()) {
    OpenNode node(ops(), "running_sum", {{{dtype, {3}, 0, false}}});
    std::vector<double> totals(3);
    for (int64_t execution = 0; execution < 4; ++execution) {
      const Value x = random_value(dtype, {3}, random());
      for (size_t i = 0; i < 3; ++i) {
        totals[i] += element(x, i);
        if (dtype != kF64) totals[i] = static_cast<double>(static_cast<float>(totals[i]));
      }
      const auto launched = node.launch({x}, execution);
      ASSERT_TRUE(succeeded(launched.outcome));
      EXPECT_TRUE(same(launched.results[0], rounded(dtype, {3}, totals))) << "execution " << execution;
    }
  }
}

TEST_P(TensorContract, RefusedRunningSumKeepsItsTotal) {
  OpenNode node(ops(), "running_sum", {{dynamic(kI32, 1, 12)}});
  const Value x = value_of<int32_t>(kI32, {2}, {1, 2});
  ASSERT_TRUE(succeeded(node.launch({x}, 0).outcome));
  EXPECT_TRUE(failed_with(Code::invalid_argument, node.launch({value_of<int32_t>(kI32, {3}, {1, 1, 1})}, 1).outcome));
  const auto launched = node.launch({x}, 2);
  ASSERT_TRUE(succeeded(launched.outcome));
  EXPECT_EQ(launched.results[0].as<int32_t>(), (std::vector<int32_t>{2, 4}));
}

TEST_P(TensorContract, BusyHoldsTheLaneForItsTime) {
  const Value x = random_value(kF32, {3}, random());
  for (const char* args : {"seconds = 0.02", "seconds = 0.02\nspin = true"}) {
    OpenNode node(ops(), "busy", {{x.spec()}}, args);
    EXPECT_EQ(node.inference().seconds, 0.02);
    const auto begin = std::chrono::steady_clock::now();
    const auto launched = node.launch({x});
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20));
    ASSERT_TRUE(succeeded(launched.outcome));
    EXPECT_TRUE(same(launched.results[0], x));
  }
}

TEST_P(TensorContract, ElementwiseOpsFollowDynamicShapes) {
  for (const auto& [op, args] : std::vector<std::pair<std::string, std::string>>{
           {"copy", ""}, {"add", ""}, {"scale", "factor = 1.0"}, {"fail", ""}, {"busy", "seconds = 0.0"}}) {
    OpenNode node(ops(), op, {{dynamic(kF32, 2, 96)}}, args);
    ASSERT_TRUE(succeeded(node.inferred())) << op;
    EXPECT_EQ(node.results()[0].max_bytes, 96U) << op;
    for (const Shape& shape : {Shape{1, 1}, Shape{4, 6}, Shape{0, 3}, Shape{2, 2}}) {
      const Value x = random_value(kF32, shape, random());
      const auto launched = node.launch({x});
      ASSERT_TRUE(succeeded(launched.outcome)) << op;
      EXPECT_TRUE(same(launched.results[0], x)) << op;
    }
  }
}

}  // namespace stretto::contract
