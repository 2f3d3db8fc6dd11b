// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The plan in rounds (rounds.h) with the driver and with durations: what `predict` and `simulate` compute on.
///
/// The driver takes part as one thread: it gives a ticket, fills and sends the inputs, publishes the round, and
/// receives the outputs. `publish` is a vertex of its own, the driver's SENDs before it and the first step of every
/// lane behind it. The window leads from its RECEIVEs to the ticket.

#include "compile/rounds.h"

namespace stretto::compiling {

/// The plan must be verified and must outlive this.
class TimedGraph {
 public:
  using Arc = RoundGraph::Arc;

  explicit TimedGraph(const Plan& plan);

  const RoundGraph& rounds() const { return rounds_; }
  uint32_t vertex_count() const { return rounds_.vertex_count(); }
  const std::vector<Arc>& arcs() const { return arcs_; }
  uint32_t publish() const { return publish_; }
  uint32_t vertex(uint32_t step) const { return rounds_.vertex(step, RoundGraph::Moment::complete); }
  /// Seconds that a vertex takes: of a joint transition, its longest step's.
  double duration(uint32_t vertex) const { return durations_[vertex]; }
  /// Resources that it holds meanwhile, none twice.
  std::span<const int32_t> resources(uint32_t vertex) const { return resources_[vertex]; }
  /// Whether a vertex stands for a step that runs, and not only for a moment of one.
  bool runs(uint32_t vertex) const {
    return rounds_.moment_of(vertex) == RoundGraph::Moment::complete && !rounds_.of_run(vertex);
  }

 private:
  void add_driver();
  void add_durations();

  const Plan& plan_;
  RoundGraph rounds_;
  std::vector<Arc> arcs_;
  uint32_t publish_;
  std::vector<double> durations_;
  std::vector<std::vector<int32_t>> resources_;
};

}  // namespace stretto::compiling
