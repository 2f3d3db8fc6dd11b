// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Small graphs by lot, with what to feed them. The same seed gives the same graph everywhere.

#include "stretto/runtime.h"

#include <map>

namespace stretto::testing {

/// What may be drawn.
struct Territory {
  uint32_t most_actors = 8;
  uint32_t most_nodes = 12;
  bool test_plugins = true;  ///< async_device, rendezvous and random_offset too; else cpu, shm, serial and overlap
  bool processes = false;
  std::string buffered = "shm";  ///< the transport whose SEND does not wait for its RECEIVE
  bool collectives = false;      ///< some nodes are on sets of actors; without, every seed gives what it always gave
};

/// A graph, how to compile it, what to feed it.
struct RandomGraph {
  uint64_t seed = 0;
  Graph graph;
  CompileOptions options;
  std::vector<std::vector<Tensor>> feeds;  ///< by execution, by graph input
  /// What is in it, by name: how many nodes, edges or executions of the kind.
  std::map<std::string, int> features;

  int64_t executions() const { return static_cast<int64_t>(feeds.size()); }
};

RandomGraph random_graph(uint64_t seed, const Territory& territory = {});

/// Has it scheduled in groups, by the test scheduler `grouping`, with all that can on the rendezvous.
void group(RandomGraph& random);

/// The graph as a person reads it, for the message of a failed test.
std::string to_text(const RandomGraph& random);

}  // namespace stretto::testing
