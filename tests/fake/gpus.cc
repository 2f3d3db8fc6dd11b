// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "gpus.h"

#include <algorithm>

namespace stretto::testing {
namespace {

constexpr const char* kRendezvous = "rendezvous";

/// Whether a node and all that read it on other actors are on GPUs, as nccl needs.
bool among_gpus(const Graph& graph, uint32_t number) {
  if (graph.actors[graph.nodes[number].actor].device != "cuda") return false;
  return std::all_of(graph.nodes.begin(), graph.nodes.end(), [&](const NodeSpec& reader) {
    const bool reads = std::any_of(reader.inputs.begin(), reader.inputs.end(), [&](const PortBinding& port) {
      return std::any_of(port.values.begin(), port.values.end(), [&](const ValueRef& value) {
        return value.from == ValueRef::From::node && value.index == number;
      });
    });
    return !reads || graph.actors[reader.actor].device == "cuda";
  });
}

}  // namespace

void put_on_gpus(Graph& graph) {
  for (auto& actor : graph.actors)
    if (actor.device == "async_device") actor.device = "cuda";
  for (uint32_t i = 0; i < graph.nodes.size(); ++i) {
    auto& transport = graph.nodes[i].channel.transport;
    if (transport && *transport == kRendezvous) transport = among_gpus(graph, i) ? "nccl" : "shm";
  }
  for (auto& collective : graph.collectives)
    if (collective.transport && *collective.transport == kRendezvous) collective.transport = "auto";
}

}  // namespace stretto::testing
