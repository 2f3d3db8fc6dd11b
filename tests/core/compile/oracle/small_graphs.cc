// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "small_graphs.h"

#include <algorithm>
#include <functional>

namespace stretto::testing {

namespace {

bool leaves(const SmallGraph& graph, uint32_t node) {
  for (uint32_t reader = node + 1; reader < graph.nodes; ++reader)
    if ((graph.reads[reader] >> node & 1) != 0 && graph.actor[reader] != graph.actor[node]) return true;
  return false;
}

void choose_transports(SmallGraph graph, uint32_t node, const std::function<void(const SmallGraph&)>& take) {
  if (node == graph.nodes) return take(graph);
  choose_transports(graph, node + 1, take);
  if (!leaves(graph, node)) return;
  graph.rendezvous[node] = true;
  choose_transports(graph, node + 1, take);
}

void choose_nodes(SmallGraph graph, uint32_t node, uint32_t used, uint32_t actors,
                  const std::function<void(const SmallGraph&)>& take) {
  if (node == graph.nodes) return choose_transports(graph, 0, take);
  for (uint32_t actor = 0; actor < std::min(used + 1, actors); ++actor)
    for (uint32_t reads = 0; reads < 1U << node; ++reads) {
      graph.actor[node] = static_cast<uint8_t>(actor);
      graph.reads[node] = static_cast<uint8_t>(reads);
      choose_nodes(graph, node + 1, std::max(used, actor + 1), actors, take);
    }
}

}  // namespace

Graph SmallGraph::build(const std::string& device, bool bound) const {
  GraphBuilder build("small");
  std::vector<ActorHandle> actors;
  for (uint32_t i = 0; i <= *std::max_element(actor.begin(), actor.begin() + nodes); ++i)
    actors.push_back(build.actor(std::string(1, static_cast<char>('a' + i)), device,
                                 device == "cpu" ? 0 : static_cast<int>(i), !bound));
  const auto input = build.input("x", {kF32, {2}, 0, false});
  std::vector<ValueRef> values;
  for (uint32_t node = 0; node < nodes; ++node) {
    ChannelOptions channel;
    channel.slots = slots;
    if (leaves(*this, node)) channel.transport = rendezvous[node] ? "rendezvous" : "shm";
    std::vector<ValueRef> read;
    for (uint32_t earlier = 0; earlier < node; ++earlier)
      if ((reads[node] >> earlier & 1) != 0) read.push_back(values[earlier]);
    if (read.empty()) read.push_back(input);
    values.push_back(build.node("n" + std::to_string(node), actors[actor[node]], "tensor.add")
                         .bind("values", read)
                         .channel(channel)
                         .value());
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
  for (uint32_t count = 1; count <= nodes; ++count)
    for (const uint32_t slots : {1U, 2U}) {
      SmallGraph graph;
      graph.nodes = count;
      graph.slots = slots;
      choose_nodes(graph, 0, 0, actors, [&](const SmallGraph& each) { graphs.push_back(each); });
    }
  return graphs;
}

}  // namespace stretto::testing
