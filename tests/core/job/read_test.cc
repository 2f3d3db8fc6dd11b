// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "example.h"
#include "job/element.h"
#include "scratch.h"

namespace stretto {
namespace {

using ReadJob = JobReading;

double element(const Tensor& tensor, size_t index) {
  return std::get<double>(load_element(tensor.dtype, tensor.bytes.data() + index * tensor.dtype.bytes()));
}

TEST_F(ReadJob, ReadsTheSettingsOfCompilingAndRunning) {
  const auto job = read(kExample);
  EXPECT_EQ(job.graph.name, "job");
  EXPECT_EQ(job.compile.scheduler, "overlap");
  EXPECT_EQ(job.compile.scheduler_source.line, 4U);
  EXPECT_EQ(job.compile.scheduler_source.column, 13U);
  EXPECT_EQ(job.compile.transport, "shm");
  EXPECT_EQ(job.compile.driver_transport, "shm");
  EXPECT_EQ(job.compile.inflight, 5U);
  EXPECT_TRUE(job.compile.processes);
  EXPECT_TRUE(job.run.processes);
  EXPECT_EQ(job.executions, 5);
  EXPECT_EQ(job.run.open.count(), 30);
}

TEST_F(ReadJob, AFamilyOfActorsHasAMemberPerIndex) {
  const auto job = read(kExample);
  ASSERT_EQ(job.graph.actors.size(), 4U);
  EXPECT_EQ(job.graph.actors[0].name, "sender[0]");
  EXPECT_EQ(job.graph.actors[2].name, "sender[2]");
  EXPECT_EQ(job.graph.actors[2].device_index, 2);
  EXPECT_EQ(job.graph.actors[3].name, "receiver");
  EXPECT_EQ(job.graph.actors[3].device_index, 0);
  EXPECT_FALSE(job.graph.actors[3].any_order);
}

TEST_F(ReadJob, ADeviceWithAnIndexIsTheSameForAllMembers) {
  const auto job = read("[actor.a]\ncount = 2\ndevice = \"cuda:3\"\norder = \"any\"\n[actor.b]\ndevice = \"cuda\"\n");
  ASSERT_EQ(job.graph.actors.size(), 3U);
  EXPECT_EQ(job.graph.actors[0].device, "cuda");
  EXPECT_EQ(job.graph.actors[0].device_index, 3);
  EXPECT_EQ(job.graph.actors[1].device_index, 3);
  EXPECT_TRUE(job.graph.actors[1].any_order);
  EXPECT_EQ(job.graph.actors[2].device_index, 0);
}

TEST_F(ReadJob, AMemberIsLaunchedByItsNumber) {
  std::string text(kExample);
  text.replace(text.find("count = 3"), 9, "count = 3\nlaunch = [\"taskset\", \"-c\", \"{index}\"]");
  const auto job = read(text);
  EXPECT_EQ(job.graph.actors[0].launch, (std::vector<std::string>{"taskset", "-c", "0"}));
  EXPECT_EQ(job.graph.actors[2].launch, (std::vector<std::string>{"taskset", "-c", "2"}));
  EXPECT_TRUE(job.graph.actors[3].launch.empty());
}

TEST_F(ReadJob, FamiliesExpandInPlaceInTheOrderWritten) {
  const auto job = read(kExample);
  std::vector<std::string> names;
  for (const auto& node : job.graph.nodes) names.push_back(node.name);
  EXPECT_EQ(names, (std::vector<std::string>{"make[0]", "make[1]", "make[2]", "multiply[0]", "multiply[1]",
                                             "multiply[2]", "describe[0]", "describe[1]", "describe[2]"}));
  EXPECT_EQ(job.graph.nodes[1].actor, 1U);
  EXPECT_EQ(job.graph.nodes[4].actor, 3U);
  ASSERT_EQ(job.graph.nodes[4].inputs.size(), 2U);
  EXPECT_EQ(job.graph.nodes[4].inputs[0].port, "a");
  EXPECT_EQ(job.graph.nodes[4].inputs[0].values[0].index, 1U);
  EXPECT_FALSE(job.graph.nodes[4].inputs[0].list);
  EXPECT_EQ(job.graph.nodes[0].inputs[0].values[0].from, ValueRef::From::input);
}

TEST_F(ReadJob, ACollectiveHasAMemberPerActorOfItsSet) {
  const auto job = read(std::string(kExample) + R"(
[[node]]
name = "sum"
on = ["receiver", "sender[:]"]
op = "collective.all_reduce"
transport = "nccl"
inputs = { x = ["multiply[0]", "make[:]"] }
[[output]]
name = "sums"
from = "sum[*]"
)");
  ASSERT_EQ(job.graph.collectives.size(), 1U);
  const auto& sum = job.graph.collectives[0];
  EXPECT_EQ(sum.name, "sum");
  EXPECT_EQ(sum.transport, "nccl");
  EXPECT_EQ(sum.first, 9U);
  ASSERT_EQ(sum.count, 4U);
  std::vector<uint32_t> actors;
  for (uint32_t member = 0; member < sum.count; ++member) {
    const auto& node = job.graph.nodes[sum.first + member];
    EXPECT_EQ(node.name, "sum[" + std::to_string(member) + "]");
    ASSERT_EQ(node.inputs.size(), 1U);
    ASSERT_EQ(node.inputs[0].values.size(), 4U);
    EXPECT_EQ(node.inputs[0].values[0].index, 3U);
    EXPECT_EQ(node.inputs[0].values[3].index, 2U);
    actors.push_back(node.actor);
  }
  EXPECT_EQ(actors, (std::vector<uint32_t>{3, 0, 1, 2}));
  EXPECT_EQ(job.graph.outputs.back().name, "sums[3]");
  EXPECT_EQ(job.graph.outputs.back().fields[0].value.index, 12U);
}

TEST_F(ReadJob, ReadsArgumentsAndChannelsWithPositions) {
  const auto job = read(kExample);
  const auto& make = job.graph.nodes[0];
  EXPECT_EQ(std::get<std::vector<int64_t>>(make.args.at("shape").value), (std::vector<int64_t>{64, 64}));
  EXPECT_EQ(std::get<std::string>(make.args.at("dtype").value), "f32");
  EXPECT_EQ(make.args.at("shape").source.line, 27U);
  EXPECT_TRUE(make.channel.static_shape);
  EXPECT_TRUE(make.channel.direct_return);
  EXPECT_EQ(make.channel.slots, 2U);
  EXPECT_FALSE(make.channel.transport);
  EXPECT_FALSE(job.graph.nodes[3].channel.static_shape);
  EXPECT_EQ(make.op_source.line, 25U);
}

TEST_F(ReadJob, OptionsOfComponentsKeepTheirPositions) {
  const auto job = read(kExample);
  ASSERT_EQ(job.compile.components.size(), 2U);
  EXPECT_EQ(job.compile.components[0].kind, "transport");
  EXPECT_EQ(job.compile.components[0].name, "shm");
  EXPECT_EQ(std::get<std::string>(job.compile.components[0].options.at("spin").value), "10 us");
  EXPECT_EQ(job.compile.components[1].kind, "scheduler");
  EXPECT_EQ(std::get<int64_t>(job.compile.components[1].options.at("lookahead").value), 2);
  EXPECT_EQ(job.compile.components[1].options.at("lookahead").source.line, 59U);
}

TEST_F(ReadJob, FeedsAreTensorsByExecution) {
  const auto job = read(kExample);
  ASSERT_EQ(job.feeds.size(), 1U);
  ASSERT_EQ(job.feeds[0].values.size(), 5U);
  EXPECT_EQ(job.feeds[0].values[1].dtype, kF32);
  EXPECT_TRUE(job.feeds[0].values[1].shape.empty());
  EXPECT_EQ(element(job.feeds[0].values[1], 0), 0.25);
}

TEST_F(ReadJob, OutputsOfAFamilyShareTheirExpectations) {
  const auto job = read(kExample);
  ASSERT_EQ(job.graph.outputs.size(), 6U);
  EXPECT_EQ(job.graph.outputs[2].name, "branch[2]");
  ASSERT_EQ(job.graph.outputs[2].fields.size(), 1U);
  EXPECT_EQ(job.graph.outputs[2].fields[0].value.index, 8U);
  EXPECT_EQ(job.graph.outputs[2].fields[0].value.result, "*");
  ASSERT_EQ(job.expectations.size(), 3U);
  EXPECT_EQ(job.expectations[0].field, "value");
  EXPECT_EQ(job.expectations[0].outputs, (std::vector<uint32_t>{0, 1, 2}));
  EXPECT_EQ(job.expectations[2].field, "dtype");
}

constexpr const char* kNamedResults = R"(
[actor.a]
count = 2
[actor.b]
[[input]]
name = "x"
dtype = "i64"
shape = [4]
feed = [[1, 2, 3, 4]]
[[node]]
name = "split"
on = "a[*]"
op = "tensor.split"
inputs = { x = "x" }
[[node]]
name = "join"
on = "b"
op = "tensor.concat"
inputs = { values = "split[:].low" }
[[node]]
name = "pick"
on = "a[1]"
op = "tensor.add"
inputs = { values = ["split[0].high", "split[1].low", "x"] }
[[output]]
name = "y"
from = { joined = "join", low = "split[1].low" }
[[output]]
name = "z"
from = "pick"
expect = [[1, 2], [3, 4]]
tolerance = 1e-3
)";

TEST_F(ReadJob, ReferencesPickMembersAndNamedResults) {
  const auto job = read(kNamedResults);
  ASSERT_EQ(job.graph.nodes.size(), 4U);
  const auto& join = job.graph.nodes[2];
  EXPECT_EQ(join.name, "join");
  ASSERT_EQ(join.inputs[0].values.size(), 2U);
  EXPECT_TRUE(join.inputs[0].list);
  EXPECT_EQ(join.inputs[0].values[1].index, 1U);
  EXPECT_EQ(join.inputs[0].values[1].result, "low");
  const auto& pick = job.graph.nodes[3];
  EXPECT_EQ(pick.actor, 1U);
  ASSERT_EQ(pick.inputs[0].values.size(), 3U);
  EXPECT_TRUE(pick.inputs[0].list);
  EXPECT_EQ(pick.inputs[0].values[0].result, "high");
  EXPECT_EQ(pick.inputs[0].values[0].source.line, 24U);
  EXPECT_EQ(pick.inputs[0].values[2].from, ValueRef::From::input);
}

TEST_F(ReadJob, AnOutputMayNameItsFields) {
  const auto job = read(kNamedResults);
  ASSERT_EQ(job.graph.outputs.size(), 2U);
  ASSERT_EQ(job.graph.outputs[0].fields.size(), 2U);
  EXPECT_EQ(job.graph.outputs[0].fields[0].name, "joined");
  EXPECT_EQ(job.graph.outputs[0].fields[0].value.result, "");
  EXPECT_EQ(job.graph.outputs[0].fields[1].value.result, "low");
  ASSERT_EQ(job.expectations.size(), 1U);
  EXPECT_EQ(job.expectations[0].field, "");
  EXPECT_EQ(job.expectations[0].tolerance, 1e-3);
}

TEST_F(ReadJob, AStarMayBeAnsweredByANodeWrittenLater) {
  const auto job = read(R"(
[actor.a]
count = 2
[actor.b]
[[node]]
name = "late"
on = "b"
op = "tensor.copy"
inputs = { x = "early[*]" }
[[node]]
name = "early"
on = "a[*]"
op = "tensor.copy"
inputs = { x = "late[*]" }
)");
  ASSERT_EQ(job.graph.nodes.size(), 4U);
  EXPECT_EQ(job.graph.nodes[1].name, "late[1]");
  EXPECT_EQ(job.graph.nodes[1].inputs[0].values[0].index, 3U);
  EXPECT_EQ(job.graph.nodes[3].inputs[0].values[0].index, 1U);
}

TEST_F(ReadJob, DurationsAndSizesHaveUnits) {
  const auto job = read(R"(
[run]
open = "2 min"
submit = 0.5
get = "250 ms"
progress = 7
close = "1 s"
[[input]]
name = "x"
dtype = "f16"
shape = [-1, 2]
max_bytes = "1 KiB"
feed = [[], [[1, 2]], [[1, 2], [3, 4]]]
[[input]]
name = "y"
dtype = "u8"
shape = [-1]
feed = [[1], [2, 3]]
channel = { max_bytes = 64, transport = "ucx" }
)");
  EXPECT_EQ(job.run.open.count(), 120);
  EXPECT_EQ(job.run.submit.count(), 0.5);
  EXPECT_EQ(job.run.get.count(), 0.25);
  EXPECT_EQ(job.run.progress.count(), 7);
  EXPECT_EQ(job.run.close.count(), 1);
  EXPECT_EQ(job.graph.inputs[0].spec.max_bytes, 1024U);
  EXPECT_EQ(job.graph.inputs[1].spec.max_bytes, 64U);
  EXPECT_EQ(job.graph.inputs[1].channel.transport, "ucx");
  EXPECT_EQ(job.feeds[0].values[0].shape, (Shape{0, 2}));
  EXPECT_EQ(job.feeds[0].values[2].shape, (Shape{2, 2}));
  EXPECT_EQ(element(job.feeds[0].values[2], 3), 4.0);
}

TEST_F(ReadJob, AHundredThousandNodesAreRead) {
  std::string text = "[actor.a]\n[[input]]\nname = \"n0\"\ndtype = \"f32\"\n";
  constexpr int kNodes = 100'000;
  for (int i = 1; i <= kNodes; ++i)
    text += "[[node]]\nname = \"n" + std::to_string(i) + "\"\non = \"a\"\nop = \"tensor.copy\"\ninputs = { x = \"n" +
            std::to_string(i - 1) + "\" }\n";
  const auto job = read(text);
  ASSERT_EQ(job.graph.nodes.size(), static_cast<size_t>(kNodes));
  EXPECT_EQ(job.graph.nodes.back().inputs[0].values[0].index, static_cast<uint32_t>(kNodes - 2));
}

}  // namespace
}  // namespace stretto
