// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/circuit.h"
#include "compile/joint.h"
#include "compile/verify/verify.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace stretto::compiling {

namespace {

class Lanes {
 public:
  explicit Lanes(const Plan& plan) : plan_(plan) {}

  void check() const {
    for (const auto& step : plan_.steps)
      if ((step.lane < 0) != (step.actor == plan_.driver()))
        inconsistent("'{}' {}", step.name,
                     step.lane < 0 ? "is on no lane; every step but the driver's needs one"
                                   : "is the driver's, which has no lanes");
    size_t placed = 0;
    for (uint32_t lane = 0; lane < plan_.lanes.size(); ++lane) {
      check_lane(lane);
      placed += plan_.lanes[lane].steps.size();
    }
    size_t wanted = 0;
    for (const auto& step : plan_.steps) wanted += step.lane >= 0 ? 1 : 0;
    if (placed != wanted) inconsistent("its lanes hold {} steps; there are {} to be placed", placed, wanted);
    for (const auto& step : plan_.steps)
      if (step.lane < 0 && step.offset != 0) inconsistent("'{}' is the driver's and has an offset", step.name);
    check_groups();
    check_joints();
    check_global_orders();
    check_pairs();
  }

 private:
  const Channel& channel_of(const Step& step) const { return plan_.channels[static_cast<uint32_t>(step.channel)]; }

  void check_lane(uint32_t number) const {
    const auto& lane = plan_.lanes[number];
    if (lane.actor == plan_.driver()) inconsistent("the driver has a lane '{}'", lane.name);
    for (uint32_t position = 0; position < lane.steps.size(); ++position) {
      const auto& step = plan_.steps[lane.steps[position]];
      if (step.lane != static_cast<int32_t>(number) || step.position != position || step.actor != lane.actor)
        inconsistent("'{}' and lane '{}' of '{}' disagree about where it stands", step.name, lane.name,
                     plan_.actors[lane.actor].name);
    }
  }

  void check_groups() const {
    std::unordered_map<int32_t, uint32_t> last;  // by group: the step of it seen last
    for (const auto& lane : plan_.lanes)
      for (const uint32_t number : lane.steps) {
        const auto& step = plan_.steps[number];
        if (step.group < 0) continue;
        if (step.channel < 0 || !channel_of(step).stream_ordered || channel_of(step).device_slots)
          inconsistent("'{}' is in a group, but no stream-ordered transport carries it", step.name);
        const auto [known, fresh] = last.try_emplace(step.group, number);
        if (fresh) continue;
        const auto& before = plan_.steps[known->second];
        if (before.lane != step.lane || before.position + 1 != step.position)
          inconsistent("the group of '{}' and '{}' is not one run of steps on a lane", before.name, step.name);
        if (channel_of(before).transport != channel_of(step).transport || before.offset != step.offset)
          inconsistent("'{}' and '{}' are one group and need one transport and one offset", before.name, step.name);
        known->second = number;
      }
  }

  void check_joints() const {
    for (const auto& channel : plan_.channels) {
      if (!channel.rendezvous && !channel.global_order) continue;
      const auto& send = plan_.steps[channel.send_step];
      for (const auto& reader : channel.readers) {
        const auto& receive = plan_.steps[reader.receive_step];
        if (receive.offset != send.offset)
          inconsistent("'{}' has the offset {} and '{}' {}; they run as one, or in one order, and need one offset",
                       send.name, send.offset, receive.name, receive.offset);
      }
    }
    std::unordered_map<int32_t, const Step*> first;  // by joint transition: of a collective its first step
    for (const auto& step : plan_.steps) {
      if (step.kind != StepKind::collective) continue;
      const auto& earlier = *first.try_emplace(step.joint, &step).first->second;
      if (earlier.offset != step.offset)
        inconsistent("'{}' has the offset {} and '{}' {}; they run as one and need one offset", earlier.name,
                     earlier.offset, step.name, step.offset);
    }
  }

  /// Channels and collectives are the vertices, those of one group one; lanes give the arcs. An order over all actors
  /// is a topological order of that.
  void check_global_orders() const {
    std::vector<Arc> arcs;
    std::vector<uint32_t> behind;                   // by arc: the step at its end
    std::unordered_map<uint64_t, uint32_t> latest;  // by transport and actor: its step seen last
    std::unordered_map<int32_t, uint32_t> vertex_of_group;
    const auto vertex = [&](const Step& step) {
      const auto channel = static_cast<uint32_t>(step.channel < 0 ? step.joint : step.channel);
      return step.group < 0 ? channel : vertex_of_group.try_emplace(step.group, channel).first->second;
    };
    for (const auto& lane : plan_.lanes)
      for (const uint32_t number : lane.steps) {
        const auto& step = plan_.steps[number];
        const int32_t transport = ordering_transport(plan_, step);
        if (transport < 0) continue;
        const uint64_t key = uint64_t{static_cast<uint32_t>(transport)} << 32 | step.actor;
        const auto [known, fresh] = latest.try_emplace(key, number);
        const auto& before = plan_.steps[known->second];
        if (before.lane != step.lane)
          inconsistent("'{}' and '{}' are on two lanes; all steps of transport '{}' on one actor must share one",
                       before.name, step.name, plan_.components[static_cast<uint32_t>(transport)].name);
        if (!fresh && vertex(before) != vertex(step)) {
          arcs.push_back({vertex(before), vertex(step), 0});
          behind.push_back(number);
        }
        known->second = number;
      }
    const auto count = static_cast<uint32_t>(plan_.channels.size() + plan_.collectives.size());
    const auto circuit = find_zero_circuit(arcs, count, std::vector<int64_t>(count, 0));
    if (circuit.empty()) return;
    std::string text;
    int32_t ordering = -1;
    for (const auto& arc : circuit)
      for (size_t i = 0; i < arcs.size(); ++i)
        if (arcs[i].from == arc.from && arcs[i].to == arc.to) {
          const auto& step = plan_.steps[behind[i]];
          text += fmt::format("{}'{}' before '{}' on '{}'", text.empty() ? "" : ", ", name_of(arc.from),
                              name_of(arc.to), plan_.actors[step.actor].name);
          ordering = ordering_transport(plan_, step);
          break;
        }
    const auto& transport = plan_.components[static_cast<uint32_t>(ordering)].name;
    throw Error(
        Code::invalid_argument,
        fmt::format("the plan would deadlock: transport '{}' needs one order of its steps over all actors, and "
                    "they contradict each other: {}; put them into one order on all their actors, or group them",
                    transport, text));
  }

  /// Between two actors a transport with one order matches messages by their order alone, in a group too.
  void check_pairs() const {
    using Pair = std::tuple<uint32_t, uint32_t, uint32_t>;  // transport, writer, reader
    std::map<Pair, std::vector<uint32_t>> sent, received;   // channels, in order
    for (const auto& lane : plan_.lanes)
      for (const uint32_t number : lane.steps) {
        const auto& step = plan_.steps[number];
        if (step.channel < 0 || !channel_of(step).global_order) continue;
        const auto& channel = channel_of(step);
        for (const auto& reader : channel.readers)
          if (step.kind == StepKind::send)
            sent[{channel.transport, channel.writer, reader.actor}].push_back(static_cast<uint32_t>(step.channel));
          else if (reader.receive_step == number)
            received[{channel.transport, channel.writer, reader.actor}].push_back(static_cast<uint32_t>(step.channel));
      }
    for (const auto& [pair, channels] : sent) {
      const auto& others = received[pair];
      const auto differ = std::mismatch(channels.begin(), channels.end(), others.begin(), others.end());
      if (differ.first == channels.end() || differ.second == others.end()) continue;
      const auto& [transport, writer, reader] = pair;
      inconsistent(
          "transport '{}' matches messages by their order: '{}' sends '{}' where '{}' receives '{}'; put both "
          "into one order on both actors",
          plan_.components[transport].name, plan_.actors[writer].name, plan_.channels[*differ.first].name,
          plan_.actors[reader].name, plan_.channels[*differ.second].name);
    }
  }

  /// A channel, or behind those a collective.
  const std::string& name_of(uint32_t vertex) const {
    return vertex < plan_.channels.size() ? plan_.channels[vertex].name
                                          : plan_.collectives[vertex - plan_.channels.size()].name;
  }

  const Plan& plan_;
};

}  // namespace

void verify_lanes(const Plan& plan) { Lanes(plan).check(); }

}  // namespace stretto::compiling
