// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Every graph of a few nodes.

#include "stretto/graph.h"

#include <array>

namespace stretto::testing {

/// Nodes in the order written; what reads nothing of another reads the graph's input, and what nobody reads is an
/// output.
struct SmallGraph {
  static constexpr uint32_t kMostNodes = 4;
  uint32_t nodes = 0;
  std::array<uint8_t, kMostNodes> actor{};    ///< numbered by first use
  std::array<uint8_t, kMostNodes> reads{};    ///< a bit for each earlier node
  std::array<bool, kMostNodes> rendezvous{};  ///< what leaves the actor goes by rendezvous; else by shm
  uint32_t slots = 1;

  /// `device` of all actors; `bound`: nodes keep the order written.
  Graph build(const std::string& device, bool bound) const;
};

/// All of them up to `nodes` nodes on up to `actors` actors, with 1 and 2 slots, each once up to the actors' names.
std::vector<SmallGraph> small_graphs(uint32_t nodes, uint32_t actors);

}  // namespace stretto::testing
