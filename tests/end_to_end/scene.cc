// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "scene.h"

#include "random_graph/dice.h"
#include "reference/elements.h"
#include "reference/operations.h"

#include <fmt/format.h>

namespace stretto::testing {
namespace {

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
                     arrangement.device, arrangement.device == "async_device" ? "_" + arrangement.mode : "",
                     arrangement.inflight, arrangement.reversed ? "_reversed" : "");
}

std::string arrangement_name(const ::testing::TestParamInfo<Arrangement>& info) { return to_text(info.param); }

std::vector<Arrangement> as_threads() { return all_of({"cpu", "async_device"}, false); }

std::vector<Arrangement> as_processes() { return all_of({"cpu"}, true); }

std::vector<Arrangement> as_threads_and_processes() {
  auto all = as_threads();
  for (auto& arrangement : as_processes()) all.push_back(std::move(arrangement));
  return all;
}

std::vector<Arrangement> on_async_device() {
  std::vector<Arrangement> all;
  for (const char* mode : {"fifo", "random", "latest"})
    for (auto arrangement : all_of({"async_device"}, false)) {
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
  if (arrangement_.device == "async_device") {
    Arguments device;
    device["mode"].value = arrangement_.mode;
    options.components.push_back({"device", "async_device", device, {}});
  }
  return options;
}

::testing::AssertionResult Scene::agrees(int64_t executions) {
  const CompileOptions with = options();
  const Graph graph = take();
  return testing::agrees(graph, with, small_numbers(graph, executions));
}

::testing::AssertionResult Scene::agrees(const Feeds& feeds) {
  const CompileOptions with = options();
  const Graph graph = take();
  return testing::agrees(graph, with, feeds);
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
  options.transport = transport == kBuffered ? surroundings().transport : transport;
  return options;
}

}  // namespace stretto::testing
