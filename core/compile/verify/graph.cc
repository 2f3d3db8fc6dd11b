// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/rows.h"
#include "compile/verify/verify.h"

#include <algorithm>

namespace stretto::compiling {

namespace {

class Tables {
 public:
  explicit Tables(const Plan& plan) : plan_(plan) {}

  void check() {
    for (uint32_t value = 0; value < plan_.values.size(); ++value) check_value(value);
    for (uint32_t node = 0; node < plan_.nodes.size(); ++node) check_node(node);
    for (uint32_t number = 0; number < plan_.collectives.size(); ++number) check_collective(number);
    for (uint32_t input = 0; input < plan_.inputs.size(); ++input)
      if (plan_.values[plan_.inputs[input].value].input != static_cast<int32_t>(input))
        inconsistent("input '{}' and the value '{}' disagree", plan_.inputs[input].name,
                     value_name(plan_.inputs[input].value));
    for (const auto& ring : plan_.rings) check_ring(ring);
    for (uint32_t channel = 0; channel < plan_.channels.size(); ++channel) check_channel(channel);
    check_input_channels();
    for (const auto& output : plan_.outputs) check_output(output);
  }

 private:
  const std::string& value_name(uint32_t value) const { return plan_.values[value].name; }

  void check_value(uint32_t number) const {
    const auto& value = plan_.values[number];
    if ((value.node < 0) == (value.input < 0))
      inconsistent("value '{}' needs either a node or an input that it comes from", value.name);
    if (value.node < 0) {
      if (value.actor != plan_.driver() || plan_.inputs[static_cast<uint32_t>(value.input)].value != number)
        inconsistent("value '{}' is an input, but not the driver's", value.name);
      return;
    }
    const auto& node = plan_.nodes[static_cast<uint32_t>(value.node)];
    if (value.result >= node.results.size() || node.results[value.result] != number || node.actor != value.actor)
      inconsistent("value '{}' is said to come from node '{}', which does not make it", value.name, node.name);
  }

  void check_node(uint32_t number) const {
    const auto& node = plan_.nodes[number];
    if (node.actor == plan_.driver()) inconsistent("node '{}' is on the driver", node.name);
    for (uint32_t result = 0; result < node.results.size(); ++result) {
      const auto& value = plan_.values[node.results[result]];
      if (value.node != static_cast<int32_t>(number) || value.result != result)
        inconsistent("node '{}' is said to make value '{}', which comes from elsewhere", node.name, value.name);
    }
    if (node.collective < 0) {
      if (node.member != 0 || node.member_count != 0) inconsistent("node '{}' is member of no collective", node.name);
      return;
    }
    const auto& members = plan_.collectives[static_cast<uint32_t>(node.collective)].nodes;
    if (node.member_count != members.size() || node.member >= members.size() || members[node.member] != number)
      inconsistent("node '{}' is not the member of its collective that it says it is", node.name);
  }

  /// Enough for every member's step to be given what its transport, or its op, expects.
  void check_collective(uint32_t number) {
    const auto& collective = plan_.collectives[number];
    const auto wrong = [&](const char* what) { inconsistent("collective '{}' {}", collective.name, what); };
    if (collective.kind < STRETTO_ALL_REDUCE || collective.kind > STRETTO_BROADCAST)
      wrong("is of no kind that there is");
    const bool reduces = collective.kind == STRETTO_ALL_REDUCE || collective.kind == STRETTO_REDUCE_SCATTER;
    if (collective.reduction < (reduces ? STRETTO_REDUCE_SUM : 0) ||
        collective.reduction > (reduces ? STRETTO_REDUCE_MAX : 0))
      wrong("reduces in no way that there is");
    if (collective.nodes.empty() || collective.root >= collective.nodes.size()) wrong("has no members, or no root");
    const auto& first = plan_.nodes[collective.nodes.front()];
    if (first.inputs.size() != (collective.kind == STRETTO_BROADCAST ? 1 : collective.nodes.size()))
      wrong("has not one input for each member, or as a broadcast for all");
    auto& actors = actors_;
    actors.clear();
    for (const uint32_t node : collective.nodes) {
      const auto& member = plan_.nodes[node];
      if (member.collective != static_cast<int32_t>(number) || member.inputs != first.inputs ||
          member.results.size() != 1)
        wrong("has a member that makes another call than the first");
      actors.push_back(member.actor);
    }
    std::sort(actors.begin(), actors.end());
    if (std::adjacent_find(actors.begin(), actors.end()) != actors.end()) wrong("names an actor twice");
    if (collective.transport >= 0) check_sizes(collective, wrong);
  }

  /// A transport moves whole inputs, and writes what follows from their size.
  template <class Wrong>
  void check_sizes(const PlanCollective& collective, const Wrong& wrong) const {
    const auto& inputs = plan_.nodes[collective.nodes.front()].inputs;
    const auto& first = plan_.values[inputs.front()].spec;
    const uint64_t count = collective.nodes.size();
    if (count < 2) wrong("has one member, and a transport to do it");
    for (const uint32_t input : inputs) {
      const auto& spec = plan_.values[input].spec;
      if (spec.dynamic() || spec.dtype != first.dtype || spec.shape != first.shape)
        wrong("has inputs that a transport can't take: they are not static and alike");
    }
    uint64_t bytes = first.max_bytes;
    if (collective.kind == STRETTO_ALL_GATHER) bytes *= count;
    if (collective.kind == STRETTO_REDUCE_SCATTER) bytes = bytes % count == 0 ? bytes / count : UINT64_MAX;
    for (const uint32_t node : collective.nodes) {
      const auto& spec = plan_.values[plan_.nodes[node].results[0]].spec;
      if (spec.dynamic() || spec.dtype != first.dtype || spec.max_bytes != bytes)
        wrong("has a result of another size than its inputs give");
    }
  }

  void check_ring(const Ring& ring) const {
    const auto& name = value_name(ring.value);
    if ((ring.memory == Ring::Memory::transport) != (ring.channel >= 0))
      inconsistent("a ring of '{}' needs a channel if and only if a transport has its memory", name);
    if (ring.actor == plan_.driver() && ring.memory == Ring::Memory::device)
      inconsistent("a ring of '{}' is in the memory of a device that the driver does not have", name);
    if (ring.alias < 0) return;
    const auto& owner = plan_.rings[static_cast<uint32_t>(ring.alias)];
    const bool on_device = ring.channel >= 0 && plan_.channels[static_cast<uint32_t>(ring.channel)].device_slots;
    if (owner.alias >= 0 || owner.value != ring.value || owner.slots != ring.slots || owner.actor == ring.actor ||
        owner.channel != (on_device ? -1 : ring.channel) || ring.memory != Ring::Memory::transport)
      inconsistent("a ring of '{}' on '{}' is no view of the one on '{}'", name, plan_.actors[ring.actor].name,
                   plan_.actors[owner.actor].name);
  }

  void check_channel(uint32_t number) {
    const auto& channel = plan_.channels[number];
    const auto& ring = plan_.rings[channel.ring];
    if (ring.value != channel.value || ring.actor != channel.writer ||
        plan_.values[channel.value].actor != channel.writer || ring.alias >= 0)
      inconsistent("channel '{}' does not carry what its writer '{}' has", channel.name,
                   plan_.actors[channel.writer].name);
    if (channel.device_slots)
      check_device_slots(channel);
    else if (channel.shares_slots && (channel.stream_ordered || ring.channel != static_cast<int32_t>(number)))
      inconsistent("channel '{}' shares slots that are not its own", channel.name);
    if (channel.readers.empty()) inconsistent("channel '{}' has no readers", channel.name);
    auto& actors = actors_;
    actors.assign({channel.writer});
    for (const auto& reader : channel.readers) {
      actors.push_back(reader.actor);
      check_reader(number, reader);
    }
    std::sort(actors.begin(), actors.end());
    if (std::adjacent_find(actors.begin(), actors.end()) != actors.end())
      inconsistent("channel '{}' names an actor twice", channel.name);
    const bool driver = std::binary_search(actors.begin(), actors.end(), plan_.driver());
    if (driver && (channel.stream_ordered || channel.rendezvous || channel.global_order))
      inconsistent("channel '{}' leads to or from the driver, which has no lane to meet on", channel.name);
  }

  /// What its actors do by lanes alone takes one asynchronous device, and slots in its memory.
  void check_device_slots(const Channel& channel) const {
    const auto& writer = plan_.actors[channel.writer];
    bool right = channel.shares_slots && channel.stream_ordered && !channel.carries_note && !channel.rendezvous &&
                 !channel.global_order && plan_.rings[channel.ring].memory == Ring::Memory::device;
    for (const auto& reader : channel.readers) {
      const auto& actor = plan_.actors[reader.actor];
      right = right && actor.device >= 0 && actor.device == writer.device && !actor.blocking &&
              actor.device_index == writer.device_index;
    }
    if (!right)
      inconsistent("channel '{}' is said to have its slots in the memory of a device that all its actors share",
                   channel.name);
  }

  void check_reader(uint32_t number, const Channel::Reader& reader) const {
    const auto& channel = plan_.channels[number];
    const auto& ring = plan_.rings[reader.ring];
    const bool in_place = ring.alias == static_cast<int32_t>(channel.ring) && channel.shares_slots &&
                          ring.channel == static_cast<int32_t>(number);
    const bool landing = ring.memory != Ring::Memory::transport && !channel.shares_slots;
    if (ring.value != channel.value || ring.actor != reader.actor || !(in_place || landing))
      inconsistent("channel '{}' does not lead to where '{}' looks for it", channel.name,
                   plan_.actors[reader.actor].name);
  }

  void check_input_channels() const {
    const Rows channels(plan_.values.size(), [&](auto&& carries) {
      for (uint32_t channel = 0; channel < plan_.channels.size(); ++channel)
        if (plan_.channels[channel].writer == plan_.driver()) carries(plan_.channels[channel].value, channel);
    });
    for (const auto& input : plan_.inputs) {
      auto listed = input.channels;
      std::sort(listed.begin(), listed.end());
      const auto carrying = channels[input.value];
      if (listed.empty() || !std::equal(listed.begin(), listed.end(), carrying.begin(), carrying.end()))
        inconsistent("input '{}' lists other channels than carry it", input.name);
    }
  }

  void check_output(const PlanOutput& output) const {
    if (output.fields.empty()) inconsistent("output '{}' has no values", output.name);
    for (const auto& field : output.fields) {
      const auto& channel = plan_.channels[field.channel];
      const bool arrives = std::any_of(channel.readers.begin(), channel.readers.end(),
                                       [&](const Channel::Reader& reader) { return reader.actor == plan_.driver(); });
      if (channel.value != field.value || !arrives)
        inconsistent("output '{}' is read from channel '{}', which does not bring it to the driver", output.name,
                     channel.name);
    }
  }

  const Plan& plan_;
  std::vector<uint32_t> actors_;  // of one channel or collective: kept, as there are many
};

}  // namespace

void verify_graph(const Plan& plan) { Tables(plan).check(); }

}  // namespace stretto::compiling
