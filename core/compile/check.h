// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Pass `check`: names, references, ops, ports, arguments, order, shapes.

#include "compile/components.h"
#include "loader/handles.h"

namespace stretto::compiling {

/// What a node's op is predicted to cost.
struct Work {
  double flops = 0;
  double bytes = 0;
  double seconds = 0;  ///< 0: estimate from flops and bytes
};

/// A graph in which every reference is an index. Values: the inputs first, then each node's results in order.
struct Checked {
  std::vector<PlanValue> values;
  std::vector<PlanNode> nodes;                  ///< in the order written
  std::vector<PlanCollective> collectives;      ///< how they are carried is not yet known
  std::vector<const CollectiveSpec*> sets;      ///< by collective; point into the graph
  std::vector<PlanInput> inputs;                ///< channels empty
  std::vector<PlanOutput> outputs;              ///< channels unset; "*" expanded
  std::vector<OpHandle> ops;                    ///< by node
  std::vector<const ChannelOptions*> channels;  ///< by value; point into the graph
  std::vector<Work> work;                       ///< by node
  std::vector<uint32_t> topological;            ///< node numbers, producers first
};

/// Lists the collectives and makes the nodes their members; after the nodes are bound. Throws Code::invalid_argument
/// where the members of one do not belong together, or an op is on a set of actors and must not be, or must.
void bind_collectives(const Graph& graph, Checked& checked);

/// Resolves names, ops and references; expands outputs. Specs are not yet known.
/// Throws Code::invalid_argument with position, what was found, what was expected and the nearest name.
Checked bind(const Graph& graph, const std::vector<PlanActor>& actors, Components& components);

/// Every node and input reaches an output; there is no cycle; each actor's written order can run.
/// Fills Checked::topological. Throws Code::invalid_argument naming the nodes.
void order(const Graph& graph, const std::vector<PlanActor>& actors, Checked& checked);

/// Asks the ops for the specs of their results, and bounds dynamic ones. Throws Code::invalid_argument.
void infer(const Graph& graph, Checked& checked);

/// The whole pass: bind, order, infer.
Checked check(const Graph& graph, const std::vector<PlanActor>& actors, Components& components);

}  // namespace stretto::compiling
