// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a plan's nodes compute when nothing overlaps: one after the other, in this thread, in host memory.

#include "stretto/runtime.h"

namespace stretto {

/// Takes nodes, values and outputs from the plan and nothing else: no lane, step, slot, channel or wait. So the bits of
/// a run can be compared with what the same ops give without a schedule. Executions must be computed in order: nodes
/// may keep state. Every value has memory of its own. One thread at a time.
class SequentialReference {
 public:
  /// Prepares every node with the op library for host memory. Blocks; allocates all values. The catalogue and the plan
  /// must outlive it. Throws Code::unavailable where a library has no ops for the host.
  SequentialReference(const Plan& plan, Catalogue& catalogue);
  SequentialReference(const SequentialReference&) = delete;
  SequentialReference& operator=(const SequentialReference&) = delete;
  ~SequentialReference();

  /// Computes the next execution. `inputs` in the plan's order. Blocks. One tensor per output field, as Future::get
  /// gives them. Throws the op's own error where a node fails: then what depends on it is skipped, and stateful nodes
  /// among that keep their state, as in a run.
  std::vector<Tensor> run(const std::vector<TensorSpan>& inputs);

 private:
  struct Node;
  struct Value;
  void compute(Node& node, int64_t execution);
  const Plan& plan_;
  std::vector<Value> values_;
  std::vector<Node> nodes_;  ///< producers first
  int64_t next_ = 0;
};

}  // namespace stretto
