// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How a random graph grows.

#include "dice.h"
#include "random_graph.h"

#include <set>

namespace stretto::testing {

/// A value while the graph grows.
struct Grown {
  ValueRef ref;
  std::string op;  // "" for a graph input
  int32_t actor;   // -1: an input
  DType dtype;
  Shape shape;      // -1 where it varies
  int shape_class;  // values of one class have one shape in every execution; 0: the static shape says it
  double most;      // no element is larger
  double finest;    // every element is a multiple of this
  std::set<uint32_t> readers;
  int uses = 0;

  bool dynamic() const { return shape_class != 0; }
  bool numeric() const { return dtype == kF32 || dtype == kF64 || dtype == kF16 || dtype == kBF16 || integer(); }
  bool integer() const { return dtype == kI32 || dtype == kI64; }
};

/// Grows one graph: options, actors, inputs, then node after node. One thread, once.
class Gardener {
 public:
  Gardener(uint64_t seed, const Territory& territory) : dice_(seed), territory_(territory) { made_.seed = seed; }

  RandomGraph grow();

 private:
  void draw_options();
  void draw_actors();
  ValueRef add_input(const std::string& name, const Spec& spec, double most);
  void draw_inputs();
  Shape draw_shape();

  /// A value that suits, or none; late values are likelier, so that graphs get deep.
  template <class Suits>
  size_t find(Suits&& suits) {
    std::vector<size_t> fitting;
    for (size_t i = 0; i < values_.size(); ++i)
      if (i != shape_input_ && suits(values_[i])) fitting.push_back(i);
    if (fitting.empty()) return kNone;
    if (dice_.one_in(2)) return fitting[fitting.size() - 1 - dice_.below(std::min<size_t>(fitting.size(), 3))];
    return dice_.one_of(fitting);
  }

  /// Digits that a type holds exactly: values stay within, so that no order of operations can round differently.
  static double room(DType dtype);
  void bind(NodeSpec& node, const std::string& port, const std::vector<size_t>& values, bool list = false);
  static Grown like(const Grown& from);
  void finish(NodeSpec node, const std::vector<std::pair<std::string, Grown>>& results);
  NodeSpec start(const std::string& op);
  bool host_actor(uint32_t actor) const { return made_.graph.actors[actor].device == "cpu"; }

  // The nodes: draw_node.cc. Each answers whether it found values that suit.
  void draw_node();
  bool draw_one();
  bool draw_fill();
  bool draw_dynamic_fill();
  bool draw_copy(const std::string& op);
  bool draw_fail();
  bool draw_add();
  bool draw_scale();
  bool draw_reduce();
  bool draw_concat();
  bool draw_split();
  bool draw_describe();
  bool draw_checksum();
  bool draw_running_sum();
  bool draw_matmul();
  // draw_collective.cc
  bool draw_collective();
  std::vector<uint32_t> draw_set();
  std::vector<size_t> find_alike(size_t count);
  void finish_collective(const std::vector<uint32_t>& set, const std::string& op, const std::string& reduce,
                         const std::vector<size_t>& inputs, const Grown& result);
  void use_every_input();
  void draw_outputs();

  void draw_channels();
  void draw_feeds();
  void count_features();

  static constexpr size_t kNone = SIZE_MAX;
  static constexpr int64_t kMostExecutions = 8;
  static constexpr int64_t kMostElements = 9;  // of a dynamic value; more is an overflow

  Dice dice_;
  const Territory territory_;
  RandomGraph made_;
  std::vector<Grown> values_;
  size_t shape_input_ = kNone;
  int last_class_ = 1;
  std::optional<ComponentOptions> device_options_;
};

}  // namespace stretto::testing
