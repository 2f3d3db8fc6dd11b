// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Sizes, shapes and readers of values: dynamic and static, none and many, shared and leased.

#include "scene.h"

#include <cstring>

namespace stretto::testing {
namespace {

const Spec kLength = spec(kI64, {1});

/// A vector of `length` elements, made by a node of the host.
GraphBuilder::Node fill(Scene& scene, ActorHandle actor, const ValueRef& value, const ValueRef& length,
                        int64_t max_bytes) {
  auto node = scene.node(actor, "tensor.fill");
  node.bind("value", value).bind("shape", length).arg("dtype", std::string("f32")).arg("max_bytes", max_bytes);
  return node;
}

Feeds lengths(const std::vector<double>& values) {
  Feeds feeds;
  for (size_t i = 0; i < values.size(); ++i)
    feeds.push_back({tensor(kF32, {}, {static_cast<double>(i + 1)}), tensor(kI64, {1}, {values[i]})});
  return feeds;
}

class Values : public EveryWay {};
INSTANTIATE_TEST_SUITE_P(Values, Values, ::testing::ValuesIn(as_threads_and_processes()), arrangement_name);
class ValuesByRendezvous : public EveryWay {};
INSTANTIATE_TEST_SUITE_P(Values, ValuesByRendezvous, ::testing::ValuesIn(by_rendezvous()), arrangement_name);

void growing_and_shrinking(Scene& scene, const std::string& transport) {
  const auto host = scene.actor_on("cpu"), reader = scene.actor();
  const auto value = scene.input(kScalar), length = scene.input(kLength);
  const auto made = fill(scene, host, value, length, 40).channel(by(transport)).value();
  scene.output(scene.node(reader, "tensor.scale", made).arg("factor", 2.0).value());
}

TEST_P(Values, ADynamicValueGrowsShrinksAndExceedsItsBound) {
  growing_and_shrinking(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees(lengths({3, 10, 1, 0, 11, 7, 10})));
}

TEST_P(ValuesByRendezvous, ADynamicValueGrowsShrinksAndExceedsItsBoundByRendezvous) {
  growing_and_shrinking(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees(lengths({3, 10, 1, 0, 11, 7, 10})));
}

TEST_P(ValuesByRendezvous, ADynamicValueIsPassedOnByRendezvous) {
  const auto host = scene_.actor_on("cpu"), between = scene_.actor(), reader = scene_.actor();
  const auto value = scene_.input(kScalar), length = scene_.input(kLength);
  const auto made = fill(scene_, host, value, length, 40).channel(by(kBuffered)).value();
  const auto passed = scene_.node(between, "tensor.copy", made).channel(by(kRendezvous)).value();
  scene_.output(scene_.node(reader, "tensor.scale", passed).arg("factor", 2.0).value());
  EXPECT_TRUE(scene_.agrees(lengths({3, 10, 1, 0, 11, 7, 10})));
}

TEST(ValueErrors, AnExceededBoundNamesTheEdgeAndBothSizes) {
  Scene scene{{}};
  growing_and_shrinking(scene, kBuffered);
  const Graph graph = scene.take();
  Runtime runtime = Runtime::open(compile(graph, scene.options(), catalogue()), catalogue(), run_options(false));
  const auto feeds = lengths({11});
  auto future = runtime.execute(spans(feeds[0]), soon());
  const auto error = caught([&] { future.get(soon()); });
  EXPECT_EQ(error.code, Code::overloaded) << error.text;
  EXPECT_NE(error.text.find(graph.nodes[0].name), std::string::npos) << error.text;
  EXPECT_NE(error.text.find("44"), std::string::npos) << error.text;
  EXPECT_NE(error.text.find("40"), std::string::npos) << error.text;
}

void stated_shape(Scene& scene, const std::string& transport) {
  const auto host = scene.actor_on("cpu"), reader = scene.actor();
  const auto value = scene.input(kScalar), length = scene.input(kLength);
  ChannelOptions channel = by(transport);
  channel.static_shape = true;
  channel.shape = Shape{3};
  const auto made = fill(scene, host, value, length, 40).channel(channel).value();
  scene.output(scene.node(reader, "tensor.scale", made).arg("factor", 2.0).value());
}

TEST_P(Values, AStaticEdgeRefusesAnotherShapeAndGoesOn) {
  stated_shape(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees(lengths({3, 3, 3, 5, 3, 2, 3})));
}

TEST_P(ValuesByRendezvous, AStaticEdgeRefusesAnotherShapeAndGoesOnByRendezvous) {
  stated_shape(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees(lengths({3, 3, 3, 5, 3, 2, 3})));
}

void many_readers(Scene& scene, const std::string& transport) {
  const auto writer = scene.actor();
  const auto x = scene.input(spec(kF32, {7}));
  const auto made = scene.node(writer, "tensor.scale", x).arg("factor", 2.0).channel(by(transport)).value();
  scene.output(scene.sum(writer, {made, made}).value());
  for (int i = 0; i < 3; ++i) {
    const auto reader = scene.actor();
    scene.output(scene.sum(reader, {made, made, made}).value());
    scene.output(scene.node(reader, "tensor.checksum", made).value());
  }
  scene.output(made);
}

TEST_P(Values, OneWriterAndManyReaders) {
  many_readers(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(ValuesByRendezvous, OneWriterAndManyReadersByRendezvous) {
  many_readers(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}

void two_results(Scene& scene, const std::string& transport) {
  const auto writer = scene.actor(), first = scene.actor(), second = scene.actor();
  const auto x = scene.input(spec(kF32, {7}));
  auto node = scene.node(writer, "tensor.split", x);
  node.channel(by(transport));
  const auto low = node.value("low"), high = node.value("high");
  auto joined = scene.node(first, "tensor.concat");  // both results to one reader
  joined.bind("values", std::vector<ValueRef>{high, low});
  scene.output(joined.value());
  scene.output(scene.node(second, "tensor.checksum", low).value());
  scene.output(high);  // and straight to the output
}

TEST_P(Values, TwoResultsOfOneNode) {
  two_results(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(ValuesByRendezvous, TwoResultsOfOneNodeByRendezvous) {
  two_results(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(Values, InputsThatSeveralActorsRead) {
  const auto a = scene_.actor(), b = scene_.actor();
  const auto x = scene_.input(spec(kF32, {7})), y = scene_.input(spec(kF32, {7})), z = scene_.input(spec(kI64, {2}));
  scene_.output(scene_.sum(a, {x, y}).value());
  scene_.output(scene_.sum(b, {y, x, y}).value());
  scene_.output(scene_.node(b, "tensor.copy", z).value());
  EXPECT_TRUE(scene_.agrees());
}

TEST(ValueErrors, AnInputThatNobodyReadsIsRefused) {
  Scene scene{{}};
  const auto x = scene.input(kScalar);
  scene.input(kScalar);
  scene.output(scene.node(scene.actor(), "tensor.copy", x).value());
  const Graph graph = scene.take();
  const auto error = caught([&] { compile(graph, scene.options(), catalogue()); });
  EXPECT_EQ(error.code, Code::invalid_argument);
  EXPECT_NE(error.text.find(graph.inputs[1].name), std::string::npos) << error.text;
}

TEST(ValueErrors, ANodeThatReachesNoOutputIsRefused) {
  Scene scene{{}};
  const auto actor = scene.actor();
  const auto x = scene.input(kScalar);
  scene.output(scene.node(actor, "tensor.copy", x).value());
  scene.node(actor, "tensor.copy", x);
  const Graph graph = scene.take();
  const auto error = caught([&] { compile(graph, scene.options(), catalogue()); });
  EXPECT_EQ(error.code, Code::invalid_argument);
  EXPECT_NE(error.text.find(graph.nodes[1].name), std::string::npos) << error.text;
}

void odd_sizes(Scene& scene, const std::string& transport) {
  const auto a = scene.actor(), b = scene.actor();
  for (const int64_t size : {0, 1, 3, 4097}) {
    const auto x = scene.input(spec(kU8, {size}));
    const auto there = scene.node(a, "tensor.copy", x).channel(by(transport)).value();
    scene.output(scene.node(b, "tensor.copy", there).value());
    scene.output(scene.node(b, "tensor.checksum", there).value());
  }
}

TEST_P(Values, NoBytesOneByteAndOddSizes) {
  odd_sizes(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(ValuesByRendezvous, NoBytesOneByteAndOddSizesByRendezvous) {
  odd_sizes(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}

// The reference would take long: all bytes are alike, so their hash can be said without it.
void quarter_of_a_gibibyte(bool processes) {
  constexpr int64_t kBytes = int64_t{256} << 20;
  Arrangement arrangement;
  arrangement.processes = processes;
  Scene scene{arrangement};
  const auto a = scene.actor(), b = scene.actor();
  const auto value = scene.input(spec(kU8, {}));
  ChannelOptions channel;
  channel.slots = 1;
  const auto made = scene.node(a, "tensor.fill")
                        .bind("value", value)
                        .arg("shape", std::vector<int64_t>{kBytes})
                        .arg("dtype", std::string("u8"))
                        .channel(channel)
                        .value();
  scene.output(scene.node(b, "tensor.checksum", made).value());
  const Graph graph = scene.take();
  Runtime runtime = Runtime::open(compile(graph, scene.options(), catalogue()), catalogue(), run_options(processes));
  const std::vector<Tensor> feed{tensor(kU8, {}, {77})};
  const auto found = runtime.execute(spans(feed), soon()).get(soon());
  uint64_t expected = 14695981039346656037U, is = 0;
  for (int64_t i = 0; i < kBytes; ++i) expected = (expected ^ 77U) * 1099511628211U;
  ASSERT_EQ(found.at(0).bytes.size(), sizeof is);
  std::memcpy(&is, found[0].bytes.data(), sizeof is);
  EXPECT_EQ(is, expected);
}

TEST(LargeValues, AQuarterOfAGibibyteBetweenThreads) { quarter_of_a_gibibyte(false); }
TEST(LargeValues, AQuarterOfAGibibyteBetweenProcesses) { quarter_of_a_gibibyte(true); }

TEST_P(Values, AStatefulNodeKeepsItsOrderInAPipeline) {
  const auto a = scene_.actor(), b = scene_.actor();
  const auto x = scene_.input(spec(kF32, {3}));
  const auto before = scene_.node(a, "tensor.scale", x).arg("factor", 2.0).value();
  const auto total = scene_.node(b, "tensor.running_sum", before).value();
  scene_.output(scene_.node(a, "tensor.running_sum", total).value());
  EXPECT_TRUE(scene_.agrees(20));
}

/// What a view leases is named when the next execution needs it.
class Leases : public ::testing::TestWithParam<Arrangement> {};
INSTANTIATE_TEST_SUITE_P(Values, Leases, ::testing::ValuesIn(as_threads_and_processes()), arrangement_name);

TEST_P(Leases, AHeldViewMakesExecuteFailAtItsDeadline) {
  Scene scene{GetParam()};
  const auto x = scene.input(spec(kF32, {3}));
  scene.output(scene.node(scene.actor(), "tensor.scale", x).arg("factor", 2.0).value());
  const Graph graph = scene.take();
  const auto options = scene.options();
  Runtime runtime = Runtime::open(compile(graph, options, catalogue()), catalogue(), run_options(options.processes));
  const std::vector<Tensor> feed{tensor(kF32, {3}, {1, 2, 3})};
  {
    const View held = runtime.execute(spans(feed), soon()).get_view(soon());
    for (uint32_t i = 1; i < options.inflight; ++i) runtime.execute(spans(feed), soon()).get(soon());
    const auto error = caught([&] { runtime.execute(spans(feed), in(std::chrono::milliseconds(20))); });
    EXPECT_EQ(error.code, Code::overloaded);
    EXPECT_NE(error.text.find("execution 0"), std::string::npos) << "does not name execution 0: " << error.text;
    ASSERT_EQ(held.tensors().size(), 1U);
    float first = 0;
    std::memcpy(&first, held.tensors()[0].data, sizeof first);
    EXPECT_EQ(first, 2);
  }
  EXPECT_EQ(runtime.execute(spans(feed), soon()).get(soon()).at(0).shape, (Shape{3}));
}

TEST_P(Leases, LoanedInputsAreFilledInPlace) {
  Scene scene{GetParam()};
  const auto x = scene.input(spec(kF32, {2}));
  scene.output(scene.node(scene.actor(), "tensor.scale", x).arg("factor", 2.0).value());
  const Graph graph = scene.take();
  const auto options = scene.options();
  Runtime runtime = Runtime::open(compile(graph, options, catalogue()), catalogue(), run_options(options.processes));
  for (int i = 1; i < 8; ++i) {
    const auto loan = runtime.loan_inputs(soon());
    ASSERT_EQ(loan.size(), 1U);
    const float values[2] = {static_cast<float>(i), 1};
    std::memcpy(loan[0].data, values, sizeof values);
    const auto found = runtime.execute({}, soon()).get(soon());
    float first = 0;
    std::memcpy(&first, found.at(0).bytes.data(), sizeof first);
    EXPECT_EQ(first, 2.0F * static_cast<float>(i));
  }
}

}  // namespace
}  // namespace stretto::testing
