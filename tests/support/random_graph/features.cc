// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "gardener.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto::testing {

void Gardener::count_features() {
  auto& features = made_.features;
  const auto driver = static_cast<int32_t>(made_.graph.actors.size());
  ++features["scheduler " + made_.options.scheduler];
  ++features["inflight " + std::to_string(made_.options.inflight)];
  if (made_.graph.inputs.size() > 1) ++features["several inputs"];
  for (const auto& actor : made_.graph.actors) {
    ++features["device " + actor.device];
    ++features[actor.any_order ? "any order" : "bound order"];
  }
  for (const auto& node : made_.graph.nodes) {
    if (node.channel.slots) ++features["slots " + std::to_string(*node.channel.slots)];
    if (node.channel.direct_return) ++features["direct return"];
    if (node.channel.static_shape) ++features["static shape"];
  }
  for (const auto& value : values_) {
    int others = 0;
    for (const uint32_t reader : value.readers)
      if (static_cast<int32_t>(reader) != value.actor && static_cast<int32_t>(reader) != driver) ++others;
    if (value.op.empty()) {
      if (others > 1) ++features["an input read by several actors"];
      continue;
    }
    if (others > 1) ++features["fan-out"];
    if (value.dynamic()) ++features["dynamic value"];
    if (std::count(value.shape.begin(), value.shape.end(), 0) != 0) ++features["empty value"];
    if (value.dynamic() && others != 0) ++features["dynamic edge between actors"];
    if (others != 0) {
      const auto& channel = made_.graph.nodes[value.ref.index].channel;
      const std::string transport = channel.transport.value_or(made_.options.transport);
      features["edge by " + transport] += others;
      bool async = made_.graph.actors[static_cast<size_t>(value.actor)].device != "cpu";
      for (const uint32_t reader : value.readers)
        if (static_cast<int32_t>(reader) != driver && made_.graph.actors[reader].device != "cpu") async = true;
      if (async) ++features["edge of an asynchronous device by " + transport];
      if (value.readers.count(static_cast<uint32_t>(value.actor)) != 0) ++features["read here and elsewhere"];
    }
  }
  for (const auto& node : made_.graph.nodes) {
    std::set<uint32_t> sources;
    for (const auto& binding : node.inputs)
      for (const auto& value : binding.values)
        if (value.from == ValueRef::From::node) sources.insert(made_.graph.nodes[value.index].actor);
    sources.erase(node.actor);
    if (sources.size() > 1) ++features["fan-in"];
  }
}

std::string to_text(const RandomGraph& random) {
  const Graph& graph = random.graph;
  const auto name = [&](const ValueRef& value) {
    if (value.from == ValueRef::From::input) return graph.inputs[value.index].name;
    return graph.nodes[value.index].name + (value.result.empty() ? "" : "." + value.result);
  };
  std::string text =
      fmt::format("seed {}: scheduler {}, transport {}, inflight {}, {} executions\n", random.seed,
                  random.options.scheduler, random.options.transport, random.options.inflight, random.executions());
  for (const auto& actor : graph.actors)
    text += fmt::format("  {} on {}:{}{}\n", actor.name, actor.device, actor.device_index,
                        actor.any_order ? ", any order" : "");
  for (const auto& input : graph.inputs) text += fmt::format("  {} {}\n", input.name, stretto::to_text(input.spec));
  for (const auto& node : graph.nodes) {
    text += fmt::format("  {} = {} on {} (", node.name, node.op, graph.actors[node.actor].name);
    for (const auto& binding : node.inputs)
      for (const auto& value : binding.values) text += fmt::format(" {}={}", binding.port, name(value));
    text += fmt::format(" ){}{}{}\n", node.channel.transport ? " by " + *node.channel.transport : "",
                        node.channel.slots ? fmt::format(" slots {}", *node.channel.slots) : "",
                        node.channel.static_shape ? " static" : "");
  }
  for (const auto& collective : graph.collectives)
    text += fmt::format("  {} is a collective of {}{}\n", collective.name, collective.count,
                        collective.transport ? " by " + *collective.transport : "");
  for (const auto& output : graph.outputs)
    for (const auto& field : output.fields)
      text += fmt::format("  output {} {} = {}\n", output.name, field.name, name(field.value));
  return text;
}

}  // namespace stretto::testing
