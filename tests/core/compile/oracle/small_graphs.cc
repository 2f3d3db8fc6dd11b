// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "small_graphs.h"

#include <algorithm>
#include <functional>

namespace stretto::testing {

namespace {

using Receive = std::function<void(const SmallGraph&)>;

bool leaves(const SmallGraph& graph, uint32_t node) {
  for (uint32_t reader = node + 1; reader < graph.nodes; ++reader)
    if ((graph.reads[reader] >> node & 1) != 0 && graph.actor[reader] != graph.actor[node]) return true;
  return false;
}

void choose_channels(SmallGraph graph, uint32_t node, const Receive& take) {
  if (node == graph.nodes) return take(graph);
  for (const uint8_t slots : {1, 2})
    for (const bool rendezvous : {false, true}) {
      if (rendezvous && !leaves(graph, node)) continue;
      graph.slots[node] = slots;
      graph.rendezvous[node] = rendezvous;
      choose_channels(graph, node + 1, take);
    }
}

void choose_nodes(SmallGraph graph, uint32_t node, uint32_t used, uint32_t actors, const Receive& take) {
  if (node == graph.nodes) return choose_channels(graph, 0, take);
  for (uint32_t actor = 0; actor < std::min(used + 1, actors); ++actor)
    for (uint32_t reads = 0; reads < 1U << node; ++reads) {
      graph.actor[node] = static_cast<uint8_t>(actor);
      graph.reads[node] = static_cast<uint8_t>(reads);
      choose_nodes(graph, node + 1, std::max(used, actor + 1), actors, take);
    }
}

}  // namespace

Form some_form(std::mt19937_64& random) {
  Form form;
  form.bound = random() % 2 == 0;
  form.dynamic = random() % 2 == 0;
  form.async = random() % 3 == 0 ? 0 : static_cast<uint8_t>(random() % 8);
  form.stateful = random() % 2 == 0 ? 0 : static_cast<uint8_t>(random() % 16);
  return form;
}

Graph SmallGraph::build(const Form& form) const {
  GraphBuilder build("small");
  std::vector<ActorHandle> actors;
  for (uint32_t i = 0; i <= *std::max_element(actor.begin(), actor.begin() + nodes); ++i) {
    const bool async = (form.async >> i & 1) != 0;
    actors.push_back(build.actor(std::string(1, static_cast<char>('a' + i)), async ? "async_device" : "cpu",
                                 async ? static_cast<int>(i) : 0, !form.bound));
  }
  const auto input = build.input("x", {kF32, {form.dynamic ? -1 : 2}, 8, false});
  std::vector<ValueRef> values;
  for (uint32_t node = 0; node < nodes; ++node) {
    ChannelOptions channel;
    channel.slots = slots[node];
    if (leaves(*this, node)) channel.transport = rendezvous[node] ? "rendezvous" : "shm";
    std::vector<ValueRef> read;
    for (uint32_t earlier = 0; earlier < node; ++earlier)
      if ((reads[node] >> earlier & 1) != 0) read.push_back(values[earlier]);
    if (read.empty()) read.push_back(input);
    const bool stateful = read.size() == 1 && (form.stateful >> node & 1) != 0;
    auto made =
        build.node("n" + std::to_string(node), actors[actor[node]], stateful ? "tensor.running_sum" : "tensor.add");
    if (stateful)
      made.bind("x", read[0]);
    else
      made.bind("values", read);
    values.push_back(made.channel(channel).value());
  }
  for (uint32_t node = 0; node < nodes; ++node) {
    const bool read =
        std::any_of(reads.begin(), reads.begin() + nodes, [&](uint8_t bits) { return (bits >> node & 1) != 0; });
    if (!read) build.output("y" + std::to_string(node), values[node]);
  }
  return build.take();
}

std::vector<SmallGraph> small_graphs(uint32_t nodes, uint32_t actors) {
  std::vector<SmallGraph> graphs;
  for (uint32_t count = 1; count <= nodes; ++count) {
    SmallGraph graph;
    graph.nodes = count;
    choose_nodes(graph, 0, 0, actors, [&](const SmallGraph& each) { graphs.push_back(each); });
  }
  return graphs;
}

}  // namespace stretto::testing
