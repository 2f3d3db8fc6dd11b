// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "gardener.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace stretto::testing {

double Gardener::room(DType dtype) {
  // Beyond this, sums and products of whole numbers would no longer be exact in f32.
  constexpr double kExact = 1 << 22;
  if (dtype == kF16) return 1 << 10;
  if (dtype == kBF16) return 1 << 7;
  return kExact;
}

void Gardener::bind(NodeSpec& node, const std::string& port, const std::vector<size_t>& values, bool list) {
  PortBinding binding{port, {}, list, {}};
  std::set<size_t> distinct(values.begin(), values.end());
  if (distinct.size() < values.size()) ++made_.features["a value read twice by one node"];
  for (const size_t value : values) {
    binding.values.push_back(values_[value].ref);
    values_[value].readers.insert(node.actor);
    ++values_[value].uses;
  }
  node.inputs.push_back(std::move(binding));
}

Grown Gardener::like(const Grown& from) {
  Grown grown = from;
  grown.readers.clear();
  grown.uses = 0;
  return grown;
}

void Gardener::finish(NodeSpec node, const std::vector<std::pair<std::string, Grown>>& results) {
  made_.graph.nodes.push_back(std::move(node));
  const auto& spec = made_.graph.nodes.back();
  for (auto [name, grown] : results) {
    grown.ref = {ValueRef::From::node, static_cast<uint32_t>(made_.graph.nodes.size() - 1), name, {}};
    grown.actor = static_cast<int32_t>(spec.actor);
    grown.op = spec.op;
    values_.push_back(std::move(grown));
  }
  ++made_.features["op " + spec.op];
}

NodeSpec Gardener::start(const std::string& op) {
  NodeSpec node;
  // Reverse alphabetical: nobody may rely on names for order.
  node.name = fmt::format("node_{:02}", 99 - made_.graph.nodes.size());
  node.actor = static_cast<uint32_t>(dice_.below(made_.graph.actors.size()));
  node.op = op;
  return node;
}

void Gardener::draw_node() {
  for (int tries = 0; tries < 50; ++tries)
    if (draw_one()) return;
}

bool Gardener::draw_one() {
  if (territory_.collectives && dice_.one_in(3)) return draw_collective();
  switch (dice_.below(17)) {
    case 0: return draw_fill();
    case 1: return draw_dynamic_fill();
    case 2: return draw_copy("tensor.copy");
    case 3: return draw_copy("tensor.busy");
    case 4:
    case 5:
    case 6: return draw_add();
    case 7: return draw_scale();
    case 8: return draw_reduce();
    case 9: return draw_concat();
    case 10: return draw_split();
    case 11: return dice_.one_in(2) ? draw_describe() : draw_checksum();
    case 12: return dice_.one_in(2) ? draw_running_sum() : draw_fail();
    case 13:
    case 14: return draw_dynamic_fill();
    default: return draw_matmul();
  }
}

bool Gardener::draw_fill() {
  const size_t value = find([](const Grown& v) { return v.shape.empty() && v.numeric(); });
  if (value == kNone) return false;
  NodeSpec node = start("tensor.fill");
  Grown result = like(values_[value]);
  const DType dtype = dice_.one_of(std::vector<DType>{kF32, kF64, kF16, kBF16, kI32, kI64});
  if (result.most > room(dtype) || result.finest < 1) return false;
  result.dtype = dtype;
  result.shape = draw_shape();
  bind(node, "value", {value});
  node.args["shape"].value = result.shape;
  node.args["dtype"].value = stretto::to_text(dtype);
  finish(std::move(node), {{"", result}});
  return true;
}

bool Gardener::draw_dynamic_fill() {
  const size_t value = find([](const Grown& v) { return v.shape.empty() && v.numeric(); });
  if (value == kNone || shape_input_ == kNone) return false;
  NodeSpec node = start("tensor.fill");
  Grown result = like(values_[value]);
  for (int tries = 0; tries < 8 && !host_actor(node.actor); ++tries) node = start("tensor.fill");
  if (!host_actor(node.actor) || result.most > room(kF32)) return false;
  result.dtype = kF32;
  result.shape = {-1};
  result.shape_class = 1;  // all of them take their shape from one input
  bind(node, "value", {value});
  bind(node, "shape", {shape_input_});
  node.args["dtype"].value = std::string("f32");
  node.args["max_bytes"].value = int64_t{kMostElements * 4};
  finish(std::move(node), {{"", result}});
  return true;
}

bool Gardener::draw_copy(const std::string& op) {
  const size_t x = find([](const Grown& v) { return v.dtype != kU64; });
  if (x == kNone) return false;
  NodeSpec node = start(op);
  bind(node, "x", {x});
  if (op == "tensor.busy") {
    node.args["seconds"].value = static_cast<double>(dice_.between(0, 3)) * 1e-4;
    node.args["spin"].value = dice_.one_in(2);
  }
  finish(std::move(node), {{"", like(values_[x])}});
  return true;
}

bool Gardener::draw_fail() {
  const size_t x = find([](const Grown& v) { return v.dtype != kU64; });
  if (x == kNone) return false;
  NodeSpec node = start("tensor.fail");
  bind(node, "x", {x});
  node.args["at"].value = std::vector<int64_t>{dice_.between(0, 4), dice_.between(2, 9)};
  node.args["message"].value = fmt::format("asked to fail: {}", node.name);
  finish(std::move(node), {{"", like(values_[x])}});
  return true;
}

bool Gardener::draw_add() {
  const size_t first = find([](const Grown& v) { return v.numeric(); });
  if (first == kNone) return false;
  std::vector<size_t> terms{first};
  const Grown& model = values_[first];
  double most = model.most, finest = model.finest;
  for (int64_t i = dice_.between(1, 3); i > 0; --i) {
    const size_t term = find([&](const Grown& v) {
      return v.dtype == model.dtype && v.shape == model.shape && v.shape_class == model.shape_class;
    });
    terms.push_back(term);
    most += values_[term].most;
    finest = std::min(finest, values_[term].finest);
  }
  if (most / finest > room(model.dtype)) return false;
  Grown result = like(model);
  result.most = most;
  result.finest = finest;
  NodeSpec node = start("tensor.add");
  bind(node, "values", terms, true);
  finish(std::move(node), {{"", result}});
  return true;
}

bool Gardener::draw_scale() {
  const size_t x = find([](const Grown& v) { return v.numeric(); });
  if (x == kNone) return false;
  Grown result = like(values_[x]);
  // No negative factors: whether a sum of nothing but -0 is -0 is not said anywhere.
  const double factor =
      dice_.one_of(result.integer() ? std::vector<double>{2, 3} : std::vector<double>{2, 3, 0.5, 1.5});
  result.most *= std::abs(factor);
  result.finest *= result.integer() ? 1 : 0.5;
  if (result.most / result.finest > room(result.dtype)) return false;
  NodeSpec node = start("tensor.scale");
  bind(node, "x", {x});
  node.args["factor"].value = factor;
  finish(std::move(node), {{"", result}});
  return true;
}

bool Gardener::draw_reduce() {
  const size_t x = find(
      [](const Grown& v) { return v.numeric() && !v.dynamic() && std::count(v.shape.begin(), v.shape.end(), 0) == 0; });
  if (x == kNone) return false;
  const std::string op = dice_.one_of(std::vector<std::string>{"sum", "max", "min"});
  Grown result = like(values_[x]);
  if (op == "sum")
    for (const int64_t dimension : result.shape) result.most *= static_cast<double>(dimension);
  if (result.most / result.finest > room(result.dtype)) return false;
  result.shape = {};
  NodeSpec node = start("tensor.reduce");
  bind(node, "x", {x});
  node.args["op"].value = op;
  finish(std::move(node), {{"", result}});
  return true;
}

bool Gardener::draw_concat() {
  const size_t first = find([](const Grown& v) { return !v.shape.empty() && v.numeric(); });
  if (first == kNone) return false;
  const Grown& model = values_[first];
  std::vector<size_t> parts{first};
  Grown result = like(model);
  for (int64_t i = dice_.between(1, 2); i > 0; --i) {
    const size_t part = find([&](const Grown& v) {
      return v.dtype == model.dtype && v.shape.size() == model.shape.size() &&
             std::equal(v.shape.begin() + 1, v.shape.end(), model.shape.begin() + 1);
    });
    parts.push_back(part);
    const Grown& added = values_[part];
    if (result.shape[0] >= 0) result.shape[0] = added.shape[0] < 0 ? -1 : result.shape[0] + added.shape[0];
    result.most = std::max(result.most, added.most);
    result.finest = std::min(result.finest, added.finest);
  }
  if (result.most / result.finest > room(result.dtype)) return false;
  result.shape_class = result.shape[0] < 0 ? ++last_class_ : 0;
  if (result.shape[0] > 40) return false;
  NodeSpec node = start("tensor.concat");
  bind(node, "values", parts, true);
  finish(std::move(node), {{"", result}});
  return true;
}

bool Gardener::draw_split() {
  const size_t x = find([](const Grown& v) { return !v.shape.empty() && v.numeric(); });
  if (x == kNone) return false;
  Grown low = like(values_[x]), high = like(values_[x]);
  if (low.dynamic()) {
    low.shape_class = ++last_class_;
    high.shape_class = ++last_class_;
  } else {
    low.shape[0] = (low.shape[0] + 1) / 2;
    high.shape[0] -= low.shape[0];
  }
  NodeSpec node = start("tensor.split");
  bind(node, "x", {x});
  finish(std::move(node), {{"low", low}, {"high", high}});
  return true;
}

bool Gardener::draw_describe() {
  const size_t x = find([](const Grown& v) { return v.numeric(); });
  if (x == kNone) return false;
  NodeSpec node = start("tensor.describe");
  Grown value = like(values_[x]), shape = value, dtype = value;
  value.dtype = kF32;
  value.shape = {};
  dtype.dtype = kU8;
  shape.shape = {static_cast<int64_t>(values_[x].shape.size())};
  dtype.shape = {static_cast<int64_t>(stretto::to_text(values_[x].dtype).size())};
  shape.dtype = kU64;  // in truth i64, but nothing is to calculate with it
  for (Grown* result : {&value, &shape, &dtype}) result->shape_class = 0;
  bind(node, "x", {x});
  finish(std::move(node), {{"value", value}, {"shape", shape}, {"dtype", dtype}});
  return true;
}

bool Gardener::draw_checksum() {
  const size_t x = find([](const Grown& v) { return v.dtype != kU64; });
  if (x == kNone) return false;
  Grown result = like(values_[x]);
  result.dtype = kU64;
  result.shape = {};
  result.shape_class = 0;
  NodeSpec node = start("tensor.checksum");
  bind(node, "x", {x});
  finish(std::move(node), {{"", result}});
  return true;
}

bool Gardener::draw_running_sum() {
  const size_t x = find([](const Grown& v) { return v.numeric() && !v.dynamic(); });
  if (x == kNone) return false;
  Grown result = like(values_[x]);
  result.most *= kMostExecutions;
  if (result.most / result.finest > room(result.dtype)) return false;
  NodeSpec node = start("tensor.running_sum");
  bind(node, "x", {x});
  finish(std::move(node), {{"", result}});
  return true;
}

bool Gardener::draw_matmul() {
  const auto suits = [](const Grown& v) {
    return v.shape.size() == 2 && (v.dtype == kF32 || v.dtype == kF64) && v.shape[0] > 0 && !v.dynamic();
  };
  const size_t a = find(suits);
  if (a == kNone) return false;
  const size_t b = find(
      [&](const Grown& v) { return suits(v) && v.dtype == values_[a].dtype && v.shape[0] == values_[a].shape[1]; });
  if (b == kNone) return false;
  Grown result = like(values_[a]);
  result.most *= values_[b].most * static_cast<double>(values_[a].shape[1]);
  result.finest *= values_[b].finest;
  if (result.most / result.finest > room(result.dtype)) return false;
  result.shape[1] = values_[b].shape[1];
  NodeSpec node = start("blas.matmul");
  bind(node, "a", {a});
  bind(node, "b", {b});
  finish(std::move(node), {{"", result}});
  return true;
}

}  // namespace stretto::testing
