// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a graph must compute: node by node, execution by execution, in one thread. It reads the graph as it was
/// written and shares no code with compilation, execution or plugins.

#include "operations.h"

namespace stretto::testing {

/// One execution.
struct Outcome {
  /// The error of one node that failed by itself, not because of another.
  struct Failure {
    std::string node;
    std::string text;  ///< that the error contains; may be empty
  };
  std::vector<Tensor> outputs;    ///< by output and field; empty when something failed
  std::vector<Failure> failures;  ///< any of them may be the one that a future throws
};

/// Executions are run in order: nodes may keep state. One thread.
class Reference {
 public:
  /// The graph must outlive it.
  explicit Reference(const Graph& graph) : graph_(graph), states_(graph.nodes.size()) {}
  /// `inputs` by graph input.
  Outcome run(const std::vector<Tensor>& inputs);

 private:
  struct NodeResult {
    bool poisoned = false;
    NamedTensors values;
  };
  const Tensor& read(const ValueRef& value, const std::vector<Tensor>& inputs,
                     const std::vector<NodeResult>& results) const;
  NodeResult compute(uint32_t index, const std::vector<Tensor>& inputs, const std::vector<NodeResult>& results);

  const Graph& graph_;
  std::vector<std::vector<double>> states_;
  int64_t execution_ = 0;
};

}  // namespace stretto::testing
