// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/graph.h"

#include <utility>

namespace stretto {

namespace {

template <class Vector>
uint32_t last_index(const Vector& vector) {
  return static_cast<uint32_t>(vector.size()) - 1;
}

}  // namespace

ActorHandle GraphBuilder::actor(const std::string& name, const std::string& device, int device_index, bool any_order) {
  graph_.actors.push_back({name, device, device_index, any_order, {}});
  return {last_index(graph_.actors)};
}

ValueRef GraphBuilder::input(const std::string& name, Spec spec, ChannelOptions channel) {
  graph_.inputs.push_back({name, std::move(spec), std::move(channel), {}});
  return {ValueRef::From::input, last_index(graph_.inputs), "", {}};
}

GraphBuilder::Node GraphBuilder::node(const std::string& name, ActorHandle actor, const std::string& op) {
  NodeSpec spec;
  spec.name = name;
  spec.actor = actor.index;
  spec.op = op;
  graph_.nodes.push_back(std::move(spec));
  return {graph_, last_index(graph_.nodes)};
}

GraphBuilder::Collective GraphBuilder::collective(const std::string& name, const std::vector<ActorHandle>& actors,
                                                  const std::string& op) {
  const auto first = static_cast<uint32_t>(graph_.nodes.size());
  graph_.collectives.push_back({name, first, static_cast<uint32_t>(actors.size()), std::nullopt, {}});
  for (size_t member = 0; member < actors.size(); ++member)
    node(name + "[" + std::to_string(member) + "]", actors[member], op);
  return {graph_, last_index(graph_.collectives)};
}

void GraphBuilder::output(const std::string& name, const ValueRef& value) { output(name, {{"", value}}); }

void GraphBuilder::output(const std::string& name, std::vector<OutputSpec::Field> fields) {
  graph_.outputs.push_back({name, std::move(fields), {}});
}

Graph GraphBuilder::take() { return std::exchange(graph_, Graph{}); }

GraphBuilder::Node& GraphBuilder::Node::bind(const std::string& port, const ValueRef& value) {
  graph_->nodes[index_].inputs.push_back({port, {value}, false, {}});
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::bind(const std::string& port, std::vector<ValueRef> values) {
  graph_->nodes[index_].inputs.push_back({port, std::move(values), true, {}});
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::arg(const std::string& name, Literal value) {
  graph_->nodes[index_].args[name] = {std::move(value), {}};
  return *this;
}

GraphBuilder::Node& GraphBuilder::Node::channel(ChannelOptions options) {
  graph_->nodes[index_].channel = std::move(options);
  return *this;
}

template <class Body>
GraphBuilder::Collective& GraphBuilder::Collective::each_member(const Body& body) {
  const auto& collective = graph_->collectives[index_];
  for (uint32_t member = 0; member < collective.count; ++member) body(graph_->nodes[collective.first + member]);
  return *this;
}

GraphBuilder::Collective& GraphBuilder::Collective::bind(const std::string& port, const std::vector<ValueRef>& values) {
  return each_member([&](NodeSpec& node) { node.inputs.push_back({port, values, true, {}}); });
}

GraphBuilder::Collective& GraphBuilder::Collective::bind(const std::string& port, const ValueRef& value) {
  return each_member([&](NodeSpec& node) { node.inputs.push_back({port, {value}, false, {}}); });
}

GraphBuilder::Collective& GraphBuilder::Collective::arg(const std::string& name, const Literal& value) {
  return each_member([&](NodeSpec& node) { node.args[name] = {value, {}}; });
}

GraphBuilder::Collective& GraphBuilder::Collective::transport(const std::string& name) {
  graph_->collectives[index_].transport = name;
  return *this;
}

GraphBuilder::Collective& GraphBuilder::Collective::channel(const ChannelOptions& options) {
  return each_member([&](NodeSpec& node) { node.channel = options; });
}

ValueRef GraphBuilder::Collective::value(uint32_t member) const {
  return {ValueRef::From::node, graph_->collectives[index_].first + member, "", {}};
}

ValueRef GraphBuilder::Node::value(const std::string& result) const {
  return {ValueRef::From::node, index_, result, {}};
}

}  // namespace stretto
