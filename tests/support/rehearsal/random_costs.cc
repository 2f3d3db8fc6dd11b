// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/random_costs.h"

#include "random_graph/dice.h"
#include "rehearsal/stand_ins.h"

#include <algorithm>

namespace stretto::testing {

Graph random_costs(uint64_t seed, uint32_t slots) {
  Dice dice(seed);
  GraphBuilder build("random costs " + std::to_string(seed));
  std::vector<ActorHandle> actors;
  const auto actor_count = dice.between(2, 6);
  for (int64_t a = 0; a < actor_count; ++a) actors.push_back(build.actor("actor[" + std::to_string(a) + "]"));
  const auto input = build.input("input", {kF32, {}, 4, false});
  const auto node_count = dice.between(6, 30);
  struct Made {
    int64_t actor;
    std::vector<int64_t> inputs;  // nodes
    int64_t milliseconds;
    int64_t wire_milliseconds;
    bool read = false, read_elsewhere = false;
  };
  std::vector<Made> made;
  for (int64_t n = 0; n < node_count; ++n) {
    Made node{dice.between(0, actor_count - 1), {}, dice.between(1000, 10000), dice.between(0, 5000)};
    const auto wanted = std::min(n, dice.between(1, 3));
    for (int64_t i = 0; i < wanted; ++i) {
      const auto from = dice.between(std::max<int64_t>(0, n - 8), n - 1);
      if (std::find(node.inputs.begin(), node.inputs.end(), from) != node.inputs.end()) continue;
      node.inputs.push_back(from);
      made[static_cast<size_t>(from)].read = true;
      if (made[static_cast<size_t>(from)].actor != node.actor) made[static_cast<size_t>(from)].read_elsewhere = true;
    }
    made.push_back(std::move(node));
  }
  std::vector<ValueRef> values;
  for (size_t n = 0; n < made.size(); ++n) {
    const auto& node = made[n];
    std::vector<ValueRef> inputs;
    for (const int64_t from : node.inputs) inputs.push_back(values[static_cast<size_t>(from)]);
    if (inputs.empty()) inputs.push_back(input);
    ChannelOptions channel;
    if (node.read_elsewhere) channel.transport = "wire";
    if (node.read) channel.slots = slots;
    values.push_back(
        build.node("node[" + std::to_string(n) + "]", actors[static_cast<size_t>(node.actor)], "trial.work")
            .bind("x", inputs)
            .arg("seconds", static_cast<double>(node.milliseconds) / 1000)
            .arg("bytes", static_cast<int64_t>(wire_bytes(static_cast<double>(node.wire_milliseconds) / 1000)))
            .channel(channel)
            .value());
    if (!node.read) build.output("output[" + std::to_string(n) + "]", values.back());
  }
  return build.take();
}

}  // namespace stretto::testing
