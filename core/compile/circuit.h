// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Circuits of a graph whose arcs carry tokens. The argument stands in rounds.h.

#include "compile/rounds.h"

namespace stretto::compiling {

using Arc = RoundGraph::Arc;

inline constexpr uint32_t kNone = UINT32_MAX;  ///< no vertex, no arc

/// Arcs grouped by the vertex they leave. A view: `arcs` must outlive it.
class Leaving {
 public:
  Leaving(std::span<const Arc> arcs, uint32_t vertices);
  /// Numbers of the arcs that leave `vertex`.
  std::span<const uint32_t> of(uint32_t vertex) const {
    return {order_.data() + start_[vertex], order_.data() + start_[vertex + 1]};
  }

 private:
  std::vector<uint32_t> start_;
  std::vector<uint32_t> order_;
};

/// Potentials p with tokens + p(from) − p(to) >= 0 on every arc; or a circuit whose tokens sum to less than 0.
struct Potentials {
  std::vector<int64_t> of;
  std::vector<Arc> negative_circuit;  ///< empty: `of` is complete
};
Potentials find_potentials(std::span<const Arc> arcs, uint32_t vertices);

/// A circuit of arcs that are 0 under the potentials; empty: there is none.
std::vector<Arc> find_zero_circuit(std::span<const Arc> arcs, uint32_t vertices,
                                   const std::vector<int64_t>& potentials);

}  // namespace stretto::compiling
