// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/graph.h"

#include <gtest/gtest.h>

namespace stretto {
namespace {

TEST(SourcePrefix, SaysFileLineAndColumn) {
  EXPECT_EQ(to_prefix({"job.toml", 12, 3}), "job.toml:12:3: ");
  EXPECT_EQ(to_prefix({"--set compile.scheduler", 0, 0}), "--set compile.scheduler: ");
  EXPECT_EQ(to_prefix({}), "");
}

TEST(GraphBuilder, WritesWhatAJobFileWouldSay) {
  GraphBuilder build("twice");
  const auto actor = build.actor("a", "cpu", 1, true);
  const auto x = build.input("x", {kF32, {2}});
  auto node = build.node("double", actor, "tensor.scale").bind("x", x).arg("factor", 2.0);
  auto sum = build.node("sum", actor, "tensor.add").bind("values", {x, node.value("result")});
  build.output("y", {{"sum", sum.value()}, {"x", x}});
  build.output("z", node.value());
  const Graph graph = build.take();

  EXPECT_EQ(graph.name, "twice");
  ASSERT_EQ(graph.actors.size(), 1U);
  EXPECT_EQ(graph.actors[0].device_index, 1);
  EXPECT_TRUE(graph.actors[0].any_order);
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[0].op, "tensor.scale");
  EXPECT_EQ(std::get<double>(graph.nodes[0].args.at("factor").value), 2.0);
  EXPECT_FALSE(graph.nodes[0].inputs[0].list);
  EXPECT_EQ(graph.nodes[0].inputs[0].values[0].from, ValueRef::From::input);
  EXPECT_TRUE(graph.nodes[1].inputs[0].list);
  EXPECT_EQ(graph.nodes[1].inputs[0].values[1].index, 0U);
  EXPECT_EQ(graph.nodes[1].inputs[0].values[1].result, "result");
  ASSERT_EQ(graph.outputs.size(), 2U);
  EXPECT_EQ(graph.outputs[0].fields[0].value.index, 1U);
  EXPECT_EQ(graph.outputs[1].fields[0].name, "");
}

TEST(GraphBuilder, IsEmptyOnceTheGraphWasTaken) {
  GraphBuilder build;
  build.actor("a");
  EXPECT_EQ(build.take().actors.size(), 1U);
  EXPECT_TRUE(build.take().actors.empty());
}

}  // namespace
}  // namespace stretto
