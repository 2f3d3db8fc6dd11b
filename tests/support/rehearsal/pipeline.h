// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Pipelines of training, as graphs: stage s on actor s, its passes as nodes that take a stated time.

#include "stretto/graph.h"

namespace stretto::testing {

/// Seconds of a forward pass, of the backward pass for the input, of that for the weights.
struct Passes {
  double forward = 10;
  double input = 10;
  double weights = 10;
  double all() const { return forward + input + weights; }
};

/// One execution is one microbatch: F, B and W of every stage are nodes (P. Qi, X. Wan, G. Huang, M. Lin, Zero bubble
/// pipeline parallelism, 2023). W reads what F left on its actor: with `slots[s]` slots that is the activation memory
/// of stage s. B needs B of the next stage, and by the order written F of its own.
Graph zero_bubble(const Passes& passes, const std::vector<uint32_t>& slots, const std::string& transport = "shm");

/// One execution is one batch of so many microbatches, all nodes written in the order 1F1B: p − 1 − s forward passes,
/// then forward and backward in turn (D. Narayanan et al., PipeDream, 2019). The backward pass takes input + weights.
Graph one_forward_one_backward(const Passes& passes, uint32_t stages, uint32_t microbatches, bool any_order,
                               const std::string& transport = "shm");

}  // namespace stretto::testing
