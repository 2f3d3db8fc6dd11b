// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "random_graph.h"

#include "gardener.h"
#include "reference/elements.h"
#include "reference/operations.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto::testing {

RandomGraph Gardener::grow() {
  draw_options();
  draw_actors();
  draw_inputs();
  const auto nodes = dice_.between(2, territory_.most_nodes);
  for (int64_t i = 0; i < nodes; ++i) draw_node();
  use_every_input();
  draw_outputs();
  draw_channels();
  draw_feeds();
  count_features();
  return std::move(made_);
}

void Gardener::draw_options() {
  auto& options = made_.options;
  options.scheduler =
      dice_.one_of(territory_.test_plugins ? std::vector<std::string>{"serial", "overlap", "random_offset"}
                                           : std::vector<std::string>{"serial", "overlap"});
  options.transport = territory_.test_plugins && dice_.one_in(2) ? "rendezvous" : territory_.buffered;
  options.inflight = static_cast<uint32_t>(dice_.between(1, 5));
  options.processes = territory_.processes;
  if (!territory_.test_plugins) return;
  const std::string mode = dice_.one_of(std::vector<std::string>{"fifo", "random", "random", "latest"});
  Arguments device;
  device["mode"].value = mode;
  device["seed"].value = static_cast<int64_t>(made_.seed % 1000000);
  // Options of components that are not used are none of a plan's business.
  device_options_ = {"device", "async_device", device, {}};
  if (options.scheduler == "random_offset") {
    Arguments scheduler;
    scheduler["seed"].value = static_cast<int64_t>(made_.seed % 1000000);
    options.components.push_back({"scheduler", "random_offset", scheduler, {}});
  }
  ++made_.features["mode " + mode];
}

void Gardener::draw_actors() {
  const auto count = dice_.between(1, territory_.most_actors);
  const auto taste = dice_.below(3);  // all cpu, all async, mixed
  for (int64_t i = 0; i < count; ++i) {
    ActorSpec actor;
    actor.name = fmt::format("actor_{}", static_cast<char>('z' - i));
    const bool async = territory_.test_plugins && (taste == 1 || (taste == 2 && dice_.one_in(2)));
    actor.device = async ? "async_device" : "cpu";
    actor.device_index = async ? static_cast<int32_t>(i) : 0;
    actor.any_order = dice_.one_in(3);
    if (async && device_options_) {
      made_.options.components.push_back(*device_options_);
      device_options_.reset();
    }
    made_.graph.actors.push_back(actor);
  }
}

ValueRef Gardener::add_input(const std::string& name, const Spec& spec, double most) {
  made_.graph.inputs.push_back({name, spec, {}, {}});
  const ValueRef ref{ValueRef::From::input, static_cast<uint32_t>(made_.graph.inputs.size() - 1), "", {}};
  values_.push_back({ref, "", -1, spec.dtype, spec.shape, 0, most, 1, {}, 0});
  return ref;
}

void Gardener::draw_inputs() {
  const auto count = dice_.between(1, 4);
  for (int64_t i = 0; i < count; ++i) {
    const DType dtype = dice_.one_of(std::vector<DType>{kF32, kF32, kF64, kF16, kBF16, kI32, kI64});
    Spec spec{dtype, dice_.one_in(2) ? Shape{} : draw_shape(), 0, false};
    spec.max_bytes = *bytes_of(spec.dtype, spec.shape);
    add_input(fmt::format("input_{}", static_cast<char>('z' - i)), spec, 8);
  }
  if (!dice_.one_in(3)) {
    add_input("shape", {kI64, {1}, 8, false}, 0);
    shape_input_ = values_.size() - 1;
  }
}

Shape Gardener::draw_shape() {
  if (dice_.one_in(2)) return {dice_.between(1, 3), dice_.between(1, 3)};
  return {dice_.one_in(6) ? 0 : dice_.between(1, 7)};
}

void Gardener::use_every_input() {
  for (size_t i = 0; i < values_.size(); ++i) {
    if (!values_[i].op.empty() || values_[i].uses != 0) continue;
    NodeSpec node = start("tensor.copy");
    bind(node, "x", {i});
    finish(std::move(node), {{"", like(values_[i])}});
  }
}

void Gardener::draw_outputs() {
  std::vector<OutputSpec::Field> loose;
  for (auto& value : values_) {
    if (value.op.empty() || (value.uses != 0 && !dice_.one_in(8))) continue;
    value.readers.insert(static_cast<uint32_t>(made_.graph.actors.size()));
    if (value.uses != 0) ++made_.features["an output that nodes read too"];
    ++value.uses;
    loose.push_back({"", value.ref});
  }
  while (!loose.empty()) {
    OutputSpec output;
    output.name = fmt::format("output_{}", made_.graph.outputs.size());
    const size_t fields = std::min<size_t>(loose.size(), dice_.one_in(3) ? 1 + dice_.below(3) : 1);
    for (size_t i = 0; i < fields; ++i) {
      output.fields.push_back(loose.back());
      if (fields > 1) output.fields.back().name = fmt::format("field_{}", i);
      loose.pop_back();
    }
    made_.graph.outputs.push_back(std::move(output));
  }
}

// A node's channel options hold for all its results.
void Gardener::draw_channels() {
  const auto driver = static_cast<uint32_t>(made_.graph.actors.size());
  for (uint32_t i = 0; i < made_.graph.nodes.size(); ++i) {
    auto& channel = made_.graph.nodes[i].channel;
    bool dynamic = false, travels = false;
    size_t results = 0;
    for (const auto& value : values_) {
      if (value.ref.from != ValueRef::From::node || value.ref.index != i) continue;
      ++results;
      dynamic = dynamic || value.dynamic();
      for (const uint32_t reader : value.readers)
        travels = travels || (reader != driver && reader != made_.graph.nodes[i].actor);
    }
    // A transport for what stays at home is refused.
    if (territory_.test_plugins && travels && dice_.one_in(2))
      channel.transport = dice_.one_in(2) ? "rendezvous" : territory_.buffered;
    if (dice_.one_in(2)) channel.slots = static_cast<uint32_t>(dice_.between(1, 3));
    if (!dynamic && dice_.one_in(3)) channel.static_shape = true;
    if (results == 1 && channel.static_shape && dice_.one_in(2)) channel.direct_return = true;
  }
}

void Gardener::draw_feeds() {
  const auto executions = dice_.between(3, kMostExecutions);
  for (int64_t e = 0; e < executions; ++e) {
    auto& feed = made_.feeds.emplace_back();
    for (size_t i = 0; i < made_.graph.inputs.size(); ++i) {
      const auto& spec = made_.graph.inputs[i].spec;
      Tensor& tensor = feed.emplace_back(make_tensor(spec.dtype, spec.shape));
      const bool shape = made_.graph.inputs[i].name == "shape";
      for (size_t k = 0; k < elements_of(tensor); ++k) {
        int64_t value = dice_.between(-8, 8);
        if (shape) value = dice_.one_in(8) ? kMostElements + dice_.between(1, 9) : dice_.between(0, kMostElements);
        set_element(spec.dtype, tensor.bytes.data(), k, static_cast<double>(value));
      }
    }
  }
}

void group(RandomGraph& random) {
  auto& options = random.options;
  std::erase_if(options.components, [](const ComponentOptions& component) { return component.kind == "scheduler"; });
  options.scheduler = "grouping";
  options.transport = "rendezvous";
}

RandomGraph random_graph(uint64_t seed, const Territory& territory) { return Gardener(seed, territory).grow(); }

}  // namespace stretto::testing
