// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include "random_graph/dice.h"
#include "reference/elements.h"
#include "reference/operations.h"

#include <fmt/format.h>

namespace stretto::testing {
namespace {

constexpr const char* kTestDevice = "async_device";
bool on_test_device() { return surroundings().device == kTestDevice; }

bool reads(const NodeSpec& reader, uint32_t node) {
  return std::any_of(reader.inputs.begin(), reader.inputs.end(), [&](const PortBinding& port) {
    return std::any_of(port.values.begin(), port.values.end(), [&](const ValueRef& value) {
      return value.from == ValueRef::From::node && value.index == node;
    });
  });
}

bool accepts(const std::string& transport, const std::string& device) {
  const auto* carrier =
      static_cast<const stretto_transport_api*>(catalogue().find(STRETTO_TRANSPORT, transport).raw->api);
  const std::string memory =
      static_cast<const stretto_device_api*>(catalogue().find(STRETTO_DEVICE, device).raw->api)->memory_kind;
  const std::span kinds(carrier->memory_kinds, carrier->memory_kind_count);
  // What lies in a device's memory may be staged through the host's.
  return std::any_of(kinds.begin(), kinds.end(),
                     [&](const std::string_view kind) { return kind == memory || kind == "host"; });
}

/// A node whose result the transport stated for it can't carry, since it is made or read in memory that the transport
/// does not accept; null: there is none.
const NodeSpec* beyond_its_transport(const Graph& graph) {
  for (uint32_t number = 0; number < graph.nodes.size(); ++number) {
    const NodeSpec& node = graph.nodes[number];
    if (!node.channel.transport) continue;
    const auto lies_beyond = [&](uint32_t actor) {
      return !accepts(*node.channel.transport, graph.actors[actor].device);
    };
    for (const auto& reader : graph.nodes)
      if (reads(reader, number) && reader.actor != node.actor && (lies_beyond(node.actor) || lies_beyond(reader.actor)))
        return &node;
  }
  return nullptr;
}

::testing::AssertionResult is_refused(const Graph& graph, const CompileOptions& options, const NodeSpec& node) {
  try {
    compile(graph, options, catalogue());
  } catch (const Error& error) {
    const std::string text = error.what();
    if (error.code() == Code::invalid_argument && text.find(node.name) != std::string::npos &&
        text.find("it accepts neither") != std::string::npos)
      return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "refused, but not for the memory that '" << node.name
                                         << "' is read in or made in: " << text;
  }
  return ::testing::AssertionFailure() << "accepted, although " << *node.channel.transport << " can't carry '"
                                       << node.name << "'";
}

std::vector<Arrangement> all_of(const std::vector<std::string>& devices, bool processes) {
  std::vector<Arrangement> all;
  for (const auto& device : devices)
    for (const char* scheduler : {"serial", "overlap"})
      for (const uint32_t inflight : {1U, 5U})
        for (const bool reversed : {false, true})
          all.push_back({scheduler, inflight, device, "random", processes, reversed});
  return all;
}

}  // namespace

std::string to_text(const Arrangement& arrangement) {
  return fmt::format("{}_{}_{}{}_{}{}", arrangement.processes ? "processes" : "threads", arrangement.scheduler,
                     arrangement.device, arrangement.device == kTestDevice ? "_" + arrangement.mode : "",
                     arrangement.inflight, arrangement.reversed ? "_reversed" : "");
}

std::string arrangement_name(const ::testing::TestParamInfo<Arrangement>& info) { return to_text(info.param); }

std::vector<Arrangement> as_threads() {
  if (on_test_device()) return all_of({"cpu", kTestDevice}, false);
  return all_of({surroundings().device}, false);
}

std::string device_of_processes() { return on_test_device() ? "cpu" : surroundings().device; }

std::vector<Arrangement> as_processes() { return all_of({device_of_processes()}, true); }

std::vector<Arrangement> as_threads_and_processes() {
  auto all = as_threads();
  for (auto& arrangement : as_processes()) all.push_back(std::move(arrangement));
  return all;
}

std::vector<Arrangement> by_rendezvous() {
  const auto& carrier = catalogue().find(STRETTO_TRANSPORT, surroundings().rendezvous);
  const bool far =
      (static_cast<const stretto_transport_api*>(carrier.raw->api)->flags & STRETTO_TRANSPORT_PROCESSES) != 0;
  return far ? as_threads_and_processes() : as_threads();
}

std::vector<Arrangement> on_async_device() {
  if (!on_test_device()) return by_rendezvous();
  std::vector<Arrangement> all;
  for (const char* mode : {"fifo", "random", "latest"})
    for (auto arrangement : all_of({kTestDevice}, false)) {
      arrangement.mode = mode;
      all.push_back(std::move(arrangement));
    }
  return all;
}

std::string Scene::name(const char* what, int number) const {
  return fmt::format("{}_{:02}", what, arrangement_.reversed ? 99 - number : number);
}

ActorHandle Scene::actor() { return actor_on(arrangement_.device); }

ActorHandle Scene::actor_on(const std::string& device) {
  const int number = actors_++;
  return build_.actor(name("actor", number), device, device == "cpu" ? 0 : number);
}

ValueRef Scene::input(Spec spec) { return build_.input(name("input", inputs_++), std::move(spec)); }

GraphBuilder::Node Scene::node(ActorHandle actor, const std::string& op) {
  return build_.node(name("node", nodes_++), actor, op);
}

GraphBuilder::Node Scene::node(ActorHandle actor, const std::string& op, const ValueRef& x) {
  auto made = node(actor, op);
  made.bind("x", x);
  return made;
}

GraphBuilder::Node Scene::sum(ActorHandle actor, std::vector<ValueRef> values) {
  auto made = node(actor, "tensor.add");
  made.bind("values", std::move(values));
  return made;
}

GraphBuilder::Collective Scene::collective(const std::vector<ActorHandle>& actors, const std::string& op,
                                           const std::vector<ValueRef>& x) {
  auto made = build_.collective(name("collective", nodes_++), actors, "collective." + op);
  if (op == "broadcast")
    made.bind("x", x.at(0));
  else
    made.bind("x", x);
  return made;
}

void Scene::output(const ValueRef& value) { build_.output(name("output", outputs_++), value); }

CompileOptions Scene::options() const {
  CompileOptions options;
  options.scheduler = arrangement_.scheduler;
  options.transport = options.driver_transport = surroundings().transport;
  options.inflight = arrangement_.inflight;
  options.processes = arrangement_.processes;
  if (arrangement_.device == kTestDevice) {
    Arguments device;
    device["mode"].value = arrangement_.mode;
    options.components.push_back({"device", kTestDevice, device, {}});
  }
  return options;
}

::testing::AssertionResult Scene::agrees(int64_t executions) {
  const Graph graph = take();
  return agrees(graph, small_numbers(graph, executions));
}

::testing::AssertionResult Scene::agrees(const Feeds& feeds) { return agrees(take(), feeds); }

::testing::AssertionResult Scene::agrees(const Graph& graph, const Feeds& feeds) const {
  if (const NodeSpec* node = beyond_its_transport(graph)) return is_refused(graph, options(), *node);
  return testing::agrees(graph, options(), feeds);
}

Feeds small_numbers(const Graph& graph, int64_t executions) {
  Dice dice(7);
  Feeds feeds;
  for (int64_t e = 0; e < executions; ++e) {
    auto& feed = feeds.emplace_back();
    for (const auto& input : graph.inputs) {
      Tensor& made = feed.emplace_back(make_tensor(input.spec.dtype, input.spec.shape));
      for (size_t i = 0; i < elements_of(made); ++i)
        set_element(made.dtype, made.bytes.data(), i, static_cast<double>(dice.between(0, 9)));
    }
  }
  return feeds;
}

Tensor tensor(DType dtype, Shape shape, const std::vector<double>& values) {
  Tensor made = make_tensor(dtype, std::move(shape));
  for (size_t i = 0; i < values.size(); ++i) set_element(dtype, made.bytes.data(), i, values[i]);
  return made;
}

Spec spec(DType dtype, Shape shape) {
  Spec made{dtype, std::move(shape), 0, false};
  made.max_bytes = *bytes_of(made.dtype, made.shape);
  return made;
}

ChannelOptions by(const std::string& transport) {
  ChannelOptions options;
  options.transport = transport == kBuffered     ? surroundings().transport
                      : transport == kRendezvous ? surroundings().rendezvous
                                                 : transport;
  return options;
}

}  // namespace stretto::testing
