// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The predictor: when every run of N executions starts and ends under an order.

#include "overlap/order.h"

namespace stretto::overlap {

/// Max-plus recurrence over the rounds (Baccelli, Cohen, Olsder, Quadrat, Synchronization and linearity, 1992): a run
/// starts when the last of these has ended: the run before it on each of its lanes, what its arcs name, the ticket of
/// its round. Every execution is submitted as early as the window allows; blank rounds follow the last. Resources that
/// several lanes share serve runs in the order in which a round is worked off.
class Timetable {
 public:
  /// Remembers why runs started when they did where `causes` is set.
  Timetable(const TimedGraph& graph, const Retimed& retimed, int32_t executions, bool causes = false);

  double makespan() const { return makespan_; }
  /// When all of this execution has ended.
  double end_of(int32_t execution) const { return done_[static_cast<size_t>(execution)]; }
  /// When a unit's run for this execution has ended.
  double end_of(uint32_t unit, int32_t execution) const {
    return end_[static_cast<size_t>(execution) * graph_.unit_count() + unit];
  }

  /// A pair of runs, neighbours on a lane, the second of which started because the first ended, on the longest chain.
  struct Neighbours {
    uint32_t lane;
    uint32_t first;   ///< unit
    uint32_t second;  ///< unit
  };
  /// Of the chain that ends last, from its end to its beginning. Needs causes.
  std::vector<Neighbours> critical() const;
  uint64_t work() const { return work_; }  ///< what it took to compute, in arcs looked at

 private:
  /// Why a run started when it did. `run` is the one before it, `execution · units + unit`.
  struct Cause {
    uint32_t run = kNone;
    int32_t lane = -1;  ///< that both share; -1: it waited for something else
  };
  void work_off(uint32_t unit, int32_t execution, double gate, uint32_t gate_run);

  const TimedGraph& graph_;
  double makespan_ = 0;
  uint32_t last_ = kNone;
  uint64_t work_ = 0;
  std::vector<double> end_;                   // by run
  std::vector<Cause> cause_;                  // by run
  std::vector<double> done_;                  // by execution
  std::vector<double> lane_;                  // by lane: when its last run ended
  std::vector<uint32_t> run_;                 // by lane: its last run
  std::vector<std::vector<double>> servers_;  // by resource: when each of its capacity is free
};

}  // namespace stretto::overlap
