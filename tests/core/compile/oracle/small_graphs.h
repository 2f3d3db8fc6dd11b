// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Every graph of a few nodes.

#include "stretto/graph.h"

#include <array>
#include <random>

namespace stretto::testing {

/// What a graph may be built as.
struct Form {
  bool bound = true;     ///< nodes keep the order written
  bool dynamic = false;  ///< the values' shapes are not known beforehand
  uint8_t async = 0;     ///< a bit for each actor: on the asynchronous device; else on cpu
  uint8_t stateful = 0;  ///< a bit for each node that reads one value: it has a state
};

/// By lot; all actors on cpu in a third of them.
Form some_form(std::mt19937_64& random);

/// Nodes in the order written; what reads nothing of another reads the graph's input, and what nobody reads is an
/// output.
struct SmallGraph {
  static constexpr uint32_t kMostNodes = 4;
  uint32_t nodes = 0;
  std::array<uint8_t, kMostNodes> actor{};    ///< numbered by first use
  std::array<uint8_t, kMostNodes> reads{};    ///< a bit for each earlier node
  std::array<bool, kMostNodes> rendezvous{};  ///< what leaves the actor goes by rendezvous; else by shm
  std::array<uint8_t, kMostNodes> slots{};    ///< of the node's channel: 1 or 2

  Graph build(const Form& form) const;
};

/// All of them up to `nodes` nodes on up to `actors` actors, each once up to the actors' names.
std::vector<SmallGraph> small_graphs(uint32_t nodes, uint32_t actors);

}  // namespace stretto::testing
