// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "rehearsal/pipeline.h"

#include <algorithm>

namespace stretto::testing {

namespace {

const Spec kScalar{kF32, {}, 4, false};

std::string at(const char* name, size_t index) { return std::string(name) + "[" + std::to_string(index) + "]"; }

ChannelOptions channel(const std::string& transport) {
  ChannelOptions options;
  options.transport = transport;
  return options;
}

}  // namespace

Graph zero_bubble(const Passes& passes, const std::vector<uint32_t>& slots, const std::string& transport) {
  GraphBuilder build("zero bubble");
  const size_t stages = slots.size();
  std::vector<ActorHandle> actors;
  for (size_t s = 0; s < stages; ++s) actors.push_back(build.actor(at("stage", s)));
  const auto pass = [&](const char* name, size_t stage, const ValueRef& x, double seconds) {
    return build.node(at(name, stage), actors[stage], "tensor.busy").bind("x", x).arg("seconds", seconds);
  };
  std::vector<ValueRef> forward;
  for (size_t s = 0; s < stages; ++s) {
    const auto x = s == 0 ? build.input("microbatch", kScalar) : forward.back();
    ChannelOptions options = s + 1 < stages ? channel(transport) : ChannelOptions{};
    options.slots = slots[s];
    forward.push_back(pass("F", s, x, passes.forward).channel(options).value());
  }
  ValueRef back = forward.back();
  for (size_t s = stages; s-- > 0;) {
    auto node = pass("B", s, back, passes.input);
    if (s > 0) node.channel(channel(transport));
    back = node.value();
  }
  build.output("gradient", back);
  for (size_t s = 0; s < stages; ++s) build.output(at("weights", s), pass("W", s, forward[s], passes.weights).value());
  return build.take();
}

Graph one_forward_one_backward(const Passes& passes, uint32_t stages, uint32_t microbatches, bool any_order,
                               const std::string& transport) {
  GraphBuilder build("1F1B");
  std::vector<ActorHandle> actors;
  for (size_t s = 0; s < stages; ++s) actors.push_back(build.actor(at("stage", s), "cpu", 0, any_order));
  std::vector<ValueRef> input;
  for (size_t m = 0; m < microbatches; ++m) input.push_back(build.input(at("microbatch", m), kScalar));
  // Nodes are numbered as they are written, so each value is known by its node's number in advance.
  struct Pass {
    bool forward;
    size_t stage, microbatch;
  };
  std::vector<Pass> written;
  std::vector<std::vector<uint32_t>> number[2];
  for (auto& each : number) each.assign(stages, std::vector<uint32_t>(microbatches));
  for (size_t s = 0; s < stages; ++s) {
    const size_t ahead = std::min<size_t>(stages - 1 - s, microbatches);
    for (size_t m = 0; m < ahead; ++m) written.push_back({true, s, m});
    for (size_t m = 0; m < microbatches; ++m) {
      if (m + ahead < microbatches) written.push_back({true, s, m + ahead});
      written.push_back({false, s, m});
    }
  }
  for (uint32_t i = 0; i < written.size(); ++i)
    number[written[i].forward ? 0 : 1][written[i].stage][written[i].microbatch] = i;
  const auto value = [](uint32_t node) { return ValueRef{ValueRef::From::node, node, "", {}}; };
  for (const auto& each : written) {
    const auto [forward, s, m] = each;
    const bool last = s + 1 == stages;
    const ValueRef x = forward ? (s == 0 ? input[m] : value(number[0][s - 1][m]))
                               : (last ? value(number[0][s][m]) : value(number[1][s + 1][m]));
    auto node =
        build.node((forward ? "F" : "B") + std::to_string(s) + "_" + std::to_string(m), actors[s], "tensor.busy")
            .bind("x", x)
            .arg("seconds", forward ? passes.forward : passes.input + passes.weights);
    const bool leaves = forward ? !last : s > 0;
    if (leaves) node.channel(channel(transport));
  }
  for (size_t m = 0; m < microbatches; ++m) build.output(at("gradient", m), value(number[1][0][m]));
  return build.take();
}

}  // namespace stretto::testing
