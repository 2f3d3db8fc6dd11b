// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The marked graph of a plan without its schedule: what any schedule has to keep. Lower bounds come from it.
///
/// Vertices are steps, those of a rendezvous one vertex. Places are the plan's constraints (constraints.h), with as
/// many tokens as a schedule could have at most: Ring::max_slots for slots. A transition also follows its own earlier
/// runs, since whatever lane it is on runs one thing at a time. Any schedule only adds places. The recurrence x(v, i) =
/// max over places of x(u, i − t) + d(u) is monotone, so its solution is the earliest that each run can begin under any
/// schedule; its maximum bounds every makespan, and its longest circuit every period.

#include "stretto/prediction.h"

#include <span>

namespace stretto::compiling {

/// The plan must be verified and must outlive this.
class PlaceGraph {
 public:
  explicit PlaceGraph(const Plan& plan);
  uint32_t vertex_count() const { return static_cast<uint32_t>(durations_.size()); }
  double duration(uint32_t vertex) const { return durations_[vertex]; }
  std::span<const int32_t> resources(uint32_t vertex) const { return resources_[vertex]; }

  /// By vertex: the earliest that execution `executions` − 1 of it can begin.
  std::vector<double> starts(int64_t executions) const;
  /// By vertex: the least that has to follow it in the same execution.
  std::vector<double> tails() const;
  /// The longest chain through this many executions, and its steps.
  Bound longest_chain(int64_t executions) const;
  /// The circuit with the largest ratio of durations to tokens.
  Bound slowest_circuit() const;

 private:
  struct Place {
    uint32_t from;
    uint32_t to;
    int32_t tokens;
  };
  /// One execution of the recurrence: `starts` by execution, the last row is filled in; `reason` gets the place behind
  /// each start.
  void advance(std::vector<std::vector<double>>& starts, std::vector<uint32_t>* reason) const;
  void order_vertices();

  std::vector<double> durations_;                // by vertex; vertices are numbered from 0
  std::vector<uint32_t> step_;                   // by vertex: a step of it
  std::vector<std::vector<int32_t>> resources_;  // by vertex
  std::vector<Place> places_;                    // grouped by their end
  std::vector<uint32_t> entering_;               // by vertex: its first place; one more at the end
  std::vector<uint32_t> order_;                  // vertices, by places without tokens
  int32_t most_tokens_ = 1;
};

}  // namespace stretto::compiling
