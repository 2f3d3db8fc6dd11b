// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "gardener.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto::testing {

/// Up to four actors, in any order.
std::vector<uint32_t> Gardener::draw_set() {
  std::vector<uint32_t> set;
  const size_t most = std::min<size_t>(made_.graph.actors.size(), 4);
  const size_t count = dice_.one_in(8) ? 1 : std::min<size_t>(most, 2 + dice_.below(3));
  while (set.size() < count) {
    const auto actor = static_cast<uint32_t>(dice_.below(made_.graph.actors.size()));
    if (std::find(set.begin(), set.end(), actor) == set.end()) set.push_back(actor);
  }
  return set;
}

/// Values of one dtype and shape, which may be one value several times.
std::vector<size_t> Gardener::find_alike(size_t count) {
  const size_t first = find([](const Grown& v) { return v.numeric(); });
  if (first == kNone) return {};
  std::vector<size_t> alike{first};
  const Grown& model = values_[first];
  while (alike.size() < count)
    alike.push_back(find([&](const Grown& v) {
      return v.dtype == model.dtype && v.shape == model.shape && v.shape_class == model.shape_class;
    }));
  return alike;
}

bool Gardener::draw_collective() {
  const auto set = draw_set();
  const auto members = static_cast<int64_t>(set.size());
  const std::string op =
      dice_.one_of(std::vector<std::string>{"all_reduce", "all_reduce", "all_gather", "reduce_scatter", "broadcast"});
  const bool reduces = op == "all_reduce" || op == "reduce_scatter";
  const auto inputs = find_alike(op == "broadcast" ? 1 : set.size());
  if (inputs.empty()) return false;
  // No products: they would have to be followed for signs of zero.
  const std::string reduce = dice_.one_of(std::vector<std::string>{"sum", "sum", "min", "max"});
  Grown result = like(values_[inputs[0]]);
  double sum = 0;
  for (const size_t input : inputs) {
    sum += values_[input].most;
    result.most = std::max(result.most, values_[input].most);
    result.finest = std::min(result.finest, values_[input].finest);
  }
  if (reduces && reduce == "sum") result.most = sum;
  if (result.most / result.finest > room(result.dtype)) return false;
  if (op == "all_gather" || op == "reduce_scatter") {
    if (result.shape.empty()) return false;
    auto& rows = result.shape[0];
    // The number of rows of a dynamic value need not part.
    if (op == "reduce_scatter" && (rows < 0 || rows % members != 0)) return false;
    if (rows >= 0) rows = op == "all_gather" ? rows * members : rows / members;
    if (rows > 40) return false;
    if (rows < 0) result.shape_class = ++last_class_;
  }
  finish_collective(set, op, reduces ? reduce : "", inputs, result);
  return true;
}

void Gardener::finish_collective(const std::vector<uint32_t>& set, const std::string& op, const std::string& reduce,
                                 const std::vector<size_t>& inputs, const Grown& result) {
  CollectiveSpec collective;
  collective.name = fmt::format("node_{:02}", 99 - made_.graph.nodes.size());
  collective.first = static_cast<uint32_t>(made_.graph.nodes.size());
  collective.count = static_cast<uint32_t>(set.size());
  if (territory_.test_plugins && !dice_.one_in(3))
    collective.transport = dice_.one_in(2) ? "rendezvous" : territory_.buffered;
  bool async = false;
  for (uint32_t member = 0; member < set.size(); ++member) {
    NodeSpec node;
    node.name = fmt::format("{}[{}]", collective.name, member);
    node.actor = set[member];
    node.op = "collective." + op;
    PortBinding x{"x", {}, op != "broadcast", {}};
    for (const size_t input : inputs) x.values.push_back(values_[input].ref);
    node.inputs.push_back(std::move(x));
    if (!reduce.empty()) node.args["reduce"].value = reduce;
    async = async || made_.graph.actors[node.actor].device != "cpu";
    finish(std::move(node), {{"", result}});
  }
  for (uint32_t i = 0; i < inputs.size(); ++i) {
    auto& input = values_[inputs[i]];
    ++input.uses;
    // What else has to travel is the collective's affair, and may not have to.
    const bool at_home =
        std::any_of(set.begin(), set.end(), [&](uint32_t actor) { return static_cast<int32_t>(actor) == input.actor; });
    input.readers.insert(inputs.size() > 1 || !at_home ? set[i] : static_cast<uint32_t>(input.actor));
  }
  ++made_.features["collective by " + collective.transport.value_or(made_.options.transport)];
  ++made_.features[fmt::format("collective of {}", set.size())];
  if (result.dynamic()) ++made_.features["collective of dynamic values"];
  if (async) ++made_.features["collective of an asynchronous device"];
  made_.graph.collectives.push_back(std::move(collective));
}

}  // namespace stretto::testing
