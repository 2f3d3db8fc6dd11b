// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "trace/picture.h"

#include <map>
#include <set>

namespace stretto {

namespace {

class Painter {
 public:
  explicit Painter(const Plan& plan) : plan_(plan) {
    picture_.title = plan.name;
    for (const Channel& channel : plan.channels)
      for (const auto& reader : channel.readers) channels_[{channel.value, reader.actor}] = &channel;
  }

  Picture take() {
    add_boxes();
    for (uint32_t node = 0; node < plan_.nodes.size(); ++node)
      for (const uint32_t value : plan_.nodes[node].inputs) arrow(value, box_of_node_[node], plan_.nodes[node].actor);
    for (size_t output = 0; output < plan_.outputs.size(); ++output)
      for (const auto& field : plan_.outputs[output].fields) arrow(field.value, box_of_output_[output], plan_.driver());
    return std::move(picture_);
  }

 private:
  uint32_t add(Picture::Box box) {
    picture_.boxes.push_back(std::move(box));
    return static_cast<uint32_t>(picture_.boxes.size()) - 1;
  }

  int32_t cluster_of(uint32_t actor) {
    const auto [known, fresh] = clusters_.try_emplace(actor, static_cast<int32_t>(picture_.clusters.size()));
    if (fresh) picture_.clusters.push_back(plan_.actors[actor].name);
    return known->second;
  }

  void add_boxes() {
    for (const PlanInput& input : plan_.inputs)
      box_of_input_.push_back(
          add({Picture::Box::Kind::input, input.name, to_text(plan_.values[input.value].spec), -1}));
    // Actors stand in the order of the job, whichever computes first.
    std::set<uint32_t> actors;
    for (const PlanNode& node : plan_.nodes) actors.insert(node.actor);
    for (const uint32_t actor : actors) cluster_of(actor);
    std::vector<int64_t> box_of_collective(plan_.collectives.size(), -1);
    for (const PlanNode& node : plan_.nodes) {
      const std::string op = plan_.components[node.ops].name + "." + node.op;
      if (node.collective < 0) {
        box_of_node_.push_back(add({Picture::Box::Kind::node, node.name, op, cluster_of(node.actor)}));
        continue;
      }
      auto& box = box_of_collective[static_cast<size_t>(node.collective)];
      if (box < 0) box = add(collective_box(plan_.collectives[static_cast<size_t>(node.collective)], op));
      box_of_node_.push_back(static_cast<uint32_t>(box));
    }
    for (const PlanOutput& output : plan_.outputs)
      box_of_output_.push_back(add({Picture::Box::Kind::output, output.name, "", -1}));
  }

  /// One for all members: it is one node, on all of their actors.
  Picture::Box collective_box(const PlanCollective& collective, const std::string& op) const {
    std::set<std::string> transports;
    if (collective.transport >= 0)
      transports.insert(plan_.components[static_cast<size_t>(collective.transport)].name);
    else
      for (const uint32_t node : collective.nodes)
        for (const uint32_t value : plan_.nodes[node].inputs)
          if (const auto* channel = channel_of(value, plan_.nodes[node].actor))
            transports.insert(plan_.components[channel->transport].name);
    std::string subtitle = op;
    for (const auto& transport : transports)
      subtitle += (&transport == &*transports.begin() ? " over " : ", ") + transport;
    return {Picture::Box::Kind::collective, collective.name, subtitle, -1};
  }

  /// The channel that brings a value to an actor; null where it stays.
  const Channel* channel_of(uint32_t value, uint32_t reader) const {
    const auto found = channels_.find({value, reader});
    return found == channels_.end() ? nullptr : found->second;
  }

  void arrow(uint32_t value, uint32_t to, uint32_t reader) {
    const PlanValue& from = plan_.values[value];
    const uint32_t box =
        from.node >= 0 ? box_of_node_[static_cast<size_t>(from.node)] : box_of_input_[static_cast<size_t>(from.input)];
    // A node may read one value twice; one arrow shows it.
    if (!seen_.insert({value, to}).second) return;
    std::string label = to_text(from.spec);
    if (const auto dot = from.name.rfind('.'); from.node >= 0 && dot != std::string::npos)
      label = from.name.substr(dot + 1) + ": " + label;
    const Channel* channel = from.actor == reader ? nullptr : channel_of(value, reader);
    const bool crosses = channel != nullptr && from.node >= 0 && reader != plan_.driver() &&
                         picture_.boxes[to].kind != Picture::Box::Kind::collective;
    if (crosses) label += " over " + plan_.components[channel->transport].name;
    picture_.arrows.push_back({box, to, label, crosses});
  }

  const Plan& plan_;
  Picture picture_;
  std::map<std::pair<uint32_t, uint32_t>, const Channel*> channels_;  ///< by value and reading actor
  std::map<uint32_t, int32_t> clusters_;
  std::vector<uint32_t> box_of_input_;
  std::vector<uint32_t> box_of_node_;
  std::vector<uint32_t> box_of_output_;
  std::set<std::pair<uint32_t, uint32_t>> seen_;
};

}  // namespace

Picture picture_of(const Plan& plan) { return Painter(plan).take(); }

}  // namespace stretto
