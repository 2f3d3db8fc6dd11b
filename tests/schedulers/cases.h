// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Shapes of graphs that deadlock, reorder or race where a schedule is wrong. They are compiled, not run.

#include "stretto/graph.h"

#include <functional>
#include <string>
#include <vector>

namespace stretto::testing {

/// Names what it makes in alphabetical order, or in reverse.
class Sketch {
 public:
  explicit Sketch(bool reversed) : reversed_(reversed) {}
  ActorHandle actor(const std::string& device = "cpu", bool any_order = false);
  ValueRef input();
  /// A node that takes a stated time; with several inputs, their sum, which takes next to none. `transport` is for its
  /// result, empty: the default.
  ValueRef node(ActorHandle actor, double seconds, const std::vector<ValueRef>& inputs,
                const std::string& transport = "");
  /// One whose shape is known only when it has run.
  ValueRef dynamic_node(ActorHandle actor, const std::string& transport);
  void output(const ValueRef& value);
  Graph take() { return build_.take(); }

 private:
  std::string name(const char* what);

  GraphBuilder build_;
  bool reversed_;
  int count_ = 0;
};

struct Case {
  const char* name;
  std::function<void(Sketch&)> draw;
};

/// By what they are, not by number.
const std::vector<Case>& cases();

}  // namespace stretto::testing
