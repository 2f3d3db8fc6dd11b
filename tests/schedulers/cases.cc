// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "cases.h"

#include "random_graph/dice.h"

namespace stretto::testing {

namespace {

const Spec kVector{kF32, {4}, 16, false};
constexpr const char* kBuffered = "shm";
constexpr const char* kRendezvous = "rendezvous";

ChannelOptions by(const std::string& transport) {
  ChannelOptions options;
  if (!transport.empty()) options.transport = transport;
  return options;
}

void chain(Sketch& sketch) {
  const auto a = sketch.actor();
  sketch.output(sketch.node(a, 2, {sketch.node(a, 1, {sketch.input()})}));
}

void fork(Sketch& sketch) {
  const auto a = sketch.actor();
  const auto first = sketch.node(a, 1, {sketch.input()});
  sketch.output(sketch.node(a, 1, {first}));
  sketch.output(sketch.node(a, 2, {first}));
}

void crossed(Sketch& sketch, const char* transport) {
  const auto a = sketch.actor(), b = sketch.actor();
  const auto x = sketch.input();
  const auto from_a = sketch.node(a, 1, {x}, transport), from_b = sketch.node(b, 2, {x}, transport);
  sketch.output(sketch.node(a, 3, {from_b}));
  sketch.output(sketch.node(b, 1, {from_a}));
}

void small_pipeline(Sketch& sketch, const char* transport) {
  const auto first = sketch.actor(), second = sketch.actor();
  const auto x = sketch.input(), y = sketch.input();
  const auto forward_x = sketch.node(first, 1, {x}, transport), forward_y = sketch.node(first, 1, {y}, transport);
  std::vector<ValueRef> back;
  for (const auto& forward : {forward_x, forward_y})
    back.push_back(sketch.node(second, 2, {sketch.node(second, 1, {forward})}, transport));
  for (const auto& value : back) sketch.output(sketch.node(first, 2, {value}));
}

void three_senders(Sketch& sketch, const char* transport) {
  const auto x = sketch.input();
  std::vector<ValueRef> made;
  for (int i = 0; i < 3; ++i) made.push_back(sketch.node(sketch.actor(), 1, {x}, transport));
  const auto receiver = sketch.actor();
  for (const auto& value : made) sketch.output(sketch.node(receiver, 1, {value}));
}

void fork_and_join(Sketch& sketch) {
  const auto a = sketch.actor(), b = sketch.actor(), c = sketch.actor();
  const auto start = sketch.node(a, 1, {sketch.input()}, kRendezvous);
  const auto left = sketch.node(b, 2, {start}, kRendezvous), right = sketch.node(c, 3, {start}, kRendezvous);
  sketch.output(sketch.node(a, 1, {left, right}));
}

// Hoisting z's receive above x's computation would make a circle.
void there_and_back(Sketch& sketch) {
  const auto a = sketch.actor(), b = sketch.actor();
  const auto x = sketch.node(b, 1, {sketch.input()}, kBuffered);
  const auto y = sketch.node(a, 1, {x}, kRendezvous);
  sketch.output(sketch.node(b, 1, {y}));
}

void facing(Sketch& sketch) {
  const auto a = sketch.actor(), b = sketch.actor();
  const auto from_a = sketch.node(a, 1, {sketch.input()}, kRendezvous);
  const auto from_b = sketch.node(b, 1, {sketch.input()}, kRendezvous);
  sketch.output(sketch.node(b, 1, {from_a}));
  sketch.output(sketch.node(a, 1, {from_b}));
}

void home_and_away(Sketch& sketch) {
  const auto a = sketch.actor(), b = sketch.actor();
  const auto start = sketch.node(a, 1, {sketch.input()}, kRendezvous);
  sketch.output(sketch.node(a, 1, {start}));
  sketch.output(sketch.node(b, 1, {start}));
}

void wide(Sketch& sketch) {
  const auto hub = sketch.actor();
  const auto start = sketch.node(hub, 1, {sketch.input()});
  std::vector<ValueRef> spread;
  for (int i = 0; i < 64; ++i) spread.push_back(sketch.node(sketch.actor(), 1 + i % 7, {start}));
  sketch.output(sketch.node(hub, 1, spread));
}

void deep(Sketch& sketch) {
  std::vector<ActorHandle> actors;
  for (int i = 0; i < 8; ++i) actors.push_back(sketch.actor());
  auto value = sketch.input();
  for (size_t i = 0; i < 10'000; ++i) value = sketch.node(actors[i % actors.size()], 1, {value});
  sketch.output(value);
}

void dynamic_behind_a_long_computation(Sketch& sketch) {
  const auto host = sketch.actor(), reader = sketch.actor("async_device");
  const auto made = sketch.dynamic_node(host, kRendezvous);
  sketch.output(sketch.node(reader, 9, {sketch.input()}));
  sketch.output(sketch.node(reader, 1, {made}));
}

void both_kinds(Sketch& sketch) {
  const auto a = sketch.actor("async_device"), b = sketch.actor("async_device"), host = sketch.actor();
  const auto x = sketch.input();
  const auto tight = sketch.node(a, 1, {x}, kRendezvous), loose = sketch.node(a, 2, {x}, kBuffered);
  const auto hosted = sketch.node(host, 1, {tight, loose}, kRendezvous);
  const auto back = sketch.node(b, 1, {tight, loose, hosted}, kBuffered);
  sketch.output(sketch.node(a, 1, {back, loose}));
}

}  // namespace

std::string Sketch::name(const char* what) {
  const int number = reversed_ ? 99'999 - count_ : count_;
  ++count_;
  auto digits = std::to_string(number);
  digits.insert(0, 5 - std::min<size_t>(5, digits.size()), '0');
  return std::string(what) + "_" + digits;
}

ActorHandle Sketch::actor(const std::string& device, bool any_order) {
  return build_.actor(name("actor"), device, device == "cpu" ? 0 : count_, any_order);
}

ValueRef Sketch::input() { return build_.input(name("input"), kVector); }

ValueRef Sketch::node(ActorHandle actor, double seconds, const std::vector<ValueRef>& inputs,
                      const std::string& transport) {
  if (inputs.size() == 1)
    return build_.node(name("node"), actor, "tensor.busy")
        .bind("x", inputs[0])
        .arg("seconds", seconds)
        .channel(by(transport))
        .value();
  return build_.node(name("node"), actor, "tensor.add").bind("values", inputs).channel(by(transport)).value();
}

ValueRef Sketch::dynamic_node(ActorHandle actor, const std::string& transport) {
  const auto value = build_.input(name("input"), {kF32, {}, 4, false});
  const auto shape = build_.input(name("input"), {kI64, {1}, 8, false});
  return build_.node(name("node"), actor, "tensor.fill")
      .bind("value", value)
      .bind("shape", shape)
      .arg("dtype", std::string("f32"))
      .arg("max_bytes", int64_t{64})
      .channel(by(transport))
      .value();
}

void Sketch::output(const ValueRef& value) { build_.output(name("output"), value); }

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"AChainOnOneActor", chain},
      {"AForkOnOneActor", fork},
      {"CrossedPairs", [](Sketch& sketch) { crossed(sketch, kBuffered); }},
      {"CrossedPairsByRendezvous", [](Sketch& sketch) { crossed(sketch, kRendezvous); }},
      {"ASmallPipeline", [](Sketch& sketch) { small_pipeline(sketch, kBuffered); }},
      {"ASmallPipelineByRendezvous", [](Sketch& sketch) { small_pipeline(sketch, kRendezvous); }},
      {"ThreeSenders", [](Sketch& sketch) { three_senders(sketch, kBuffered); }},
      {"ThreeSendersByRendezvous", [](Sketch& sketch) { three_senders(sketch, kRendezvous); }},
      {"AForkAndItsJoinByRendezvous", fork_and_join},
      {"ThereByBufferAndBackByRendezvous", there_and_back},
      {"TwoPairsThatFaceEachOther", facing},
      {"ALocalReaderBesideADistantOne", home_and_away},
      {"OneToManyToOne", wide},
      {"AChainOfTenThousand", deep},
      {"ADynamicEdgeBehindALongComputation", dynamic_behind_a_long_computation},
      {"BothKindsOfEdgesOnOneActor", both_kinds},
  };
  return all;
}

}  // namespace stretto::testing
