// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The reference itself, against numbers worked out by hand.

#include "reference.h"

#include "elements.h"

#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

namespace stretto::testing {
namespace {

Tensor tensor(DType dtype, Shape shape, const std::vector<double>& values) {
  Tensor made = make_tensor(dtype, std::move(shape));
  for (size_t i = 0; i < values.size(); ++i) set_element(dtype, made.bytes.data(), i, values[i]);
  return made;
}

std::vector<double> numbers(const Tensor& tensor) {
  std::vector<double> values;
  for (size_t i = 0; i < elements_of(tensor); ++i) values.push_back(element(tensor.dtype, tensor.bytes.data(), i));
  return values;
}

uint16_t half_bits(DType dtype, double value) {
  std::byte bytes[2];
  set_element(dtype, bytes, 0, value);
  return static_cast<uint16_t>(static_cast<unsigned>(bytes[0]) | static_cast<unsigned>(bytes[1]) << 8U);
}

TEST(Elements, HalvesHaveTheBitsOfTheStandard) {
  EXPECT_EQ(half_bits(kF16, 1), 0x3C00);
  EXPECT_EQ(half_bits(kF16, -2), 0xC000);
  EXPECT_EQ(half_bits(kF16, 65504), 0x7BFF);
  EXPECT_EQ(half_bits(kF16, 65520), 0x7C00);  // rounds up to infinity
  EXPECT_EQ(half_bits(kF16, std::ldexp(1, -24)), 0x0001);
  EXPECT_EQ(half_bits(kF16, std::ldexp(1, -25)), 0x0000);  // a tie, to even
  EXPECT_EQ(half_bits(kF16, 2049), 0x6800);                // a tie, to even
  EXPECT_EQ(half_bits(kF16, 2051), 0x6802);
  EXPECT_EQ(half_bits(kBF16, 1), 0x3F80);
  EXPECT_EQ(half_bits(kBF16, 257), 0x4380);  // a tie, to even
  EXPECT_EQ(half_bits(kBF16, 259), 0x4382);
}

TEST(Elements, EveryHalfSurvivesTheWayThereAndBack) {
  for (const DType dtype : {kF16, kBF16})
    for (uint32_t bits = 0; bits < 0x10000; ++bits) {
      const std::byte bytes[2]{static_cast<std::byte>(bits & 0xFFU), static_cast<std::byte>(bits >> 8U)};
      const double value = element(dtype, bytes, 0);
      if (!std::isnan(value)) {
        ASSERT_EQ(half_bits(dtype, value), bits) << to_text(dtype);
      }
    }
}

/// x → running sum → fail at execution 1 → output, beside x → output.
TEST(Reference, AFailurePoisonsWhatFollowsAndNothingElse) {
  GraphBuilder build;
  const auto actor = build.actor("a");
  const auto x = build.input("x", {kF32, {2}, 8, false});
  const auto failing = build.node("failing", actor, "tensor.fail")
                           .bind("x", x)
                           .arg("at", std::vector<int64_t>{1})
                           .arg("message", std::string("no luck"));
  const auto after = build.node("after", actor, "tensor.running_sum").bind("x", failing.value());
  const auto beside = build.node("beside", actor, "tensor.running_sum").bind("x", x);
  build.output("after", after.value());
  build.output("beside", beside.value());
  const Graph graph = build.take();
  Reference reference(graph);
  const std::vector<Tensor> feed{tensor(kF32, {2}, {1, 2})};
  EXPECT_EQ(numbers(reference.run(feed).outputs.at(0)), (std::vector<double>{1, 2}));
  const auto failed = reference.run(feed);
  ASSERT_EQ(failed.failures.size(), 1U);
  EXPECT_EQ(failed.failures[0].node, "failing");
  EXPECT_EQ(failed.failures[0].text, "no luck");
  const auto last = reference.run(feed);
  EXPECT_EQ(numbers(last.outputs.at(0)), (std::vector<double>{2, 4}));
  EXPECT_EQ(numbers(last.outputs.at(1)), (std::vector<double>{3, 6}));
}

TEST(Reference, AResultLargerThanItsBoundFails) {
  GraphBuilder build;
  const auto actor = build.actor("a");
  const auto value = build.input("value", {kF32, {}, 4, false});
  const auto shape = build.input("shape", {kI64, {1}, 8, false});
  const auto made = build.node("made", actor, "tensor.fill")
                        .bind("value", value)
                        .bind("shape", shape)
                        .arg("dtype", std::string("f32"))
                        .arg("max_bytes", int64_t{8});
  build.output("made", made.value());
  const Graph graph = build.take();
  Reference reference(graph);
  const Tensor five = tensor(kF32, {}, {5});
  EXPECT_EQ(numbers(reference.run({five, tensor(kI64, {1}, {2})}).outputs.at(0)), (std::vector<double>{5, 5}));
  EXPECT_EQ(reference.run({five, tensor(kI64, {1}, {3})}).failures.at(0).node, "made");
}

TEST(Reference, ComputesEveryOpRight) {
  const Tensor a = tensor(kF32, {2, 2}, {1, 2, 3, 4}), b = tensor(kF32, {2, 2}, {5, 6, 7, 8});
  const Tensor three = tensor(kI32, {3}, {1, -2, 3});
  Arguments args;
  std::vector<double> state;
  const auto call = [&](const std::string& op, std::map<std::string, std::vector<const Tensor*>> inputs) {
    return invoke(op, {0, std::move(inputs), &args, &state});
  };
  EXPECT_EQ(numbers(call("blas.matmul", {{"a", {&a}}, {"b", {&b}}})[0].second), (std::vector<double>{19, 22, 43, 50}));
  EXPECT_EQ(numbers(call("tensor.add", {{"values", {&a, &b, &b}}})[0].second), (std::vector<double>{11, 14, 17, 20}));
  EXPECT_EQ(call("tensor.concat", {{"values", {&a, &b}}})[0].second.shape, (Shape{4, 2}));
  const auto halves = call("tensor.split", {{"x", {&three}}});
  EXPECT_EQ(numbers(halves[0].second), (std::vector<double>{1, -2}));
  EXPECT_EQ(numbers(halves[1].second), (std::vector<double>{3}));
  const auto told = call("tensor.describe", {{"x", {&a}}});
  EXPECT_EQ(numbers(told[0].second), (std::vector<double>{1}));
  EXPECT_EQ(numbers(told[1].second), (std::vector<double>{2, 2}));
  EXPECT_EQ(numbers(told[2].second), (std::vector<double>{'f', '3', '2'}));
  args["op"].value = std::string("min");
  EXPECT_EQ(numbers(call("tensor.reduce", {{"x", {&three}}})[0].second), (std::vector<double>{-2}));
  args["factor"].value = 1.5;
  EXPECT_EQ(numbers(call("tensor.scale", {{"x", {&a}}})[0].second), (std::vector<double>{1.5, 3, 4.5, 6}));
  const Tensor empty = make_tensor(kU8, {0});
  uint64_t hash = 0;
  std::memcpy(&hash, call("tensor.checksum", {{"x", {&empty}}})[0].second.bytes.data(), sizeof hash);
  EXPECT_EQ(hash, 0xcbf29ce484222325U);  // FNV-1a of nothing is its offset basis
}

}  // namespace
}  // namespace stretto::testing
