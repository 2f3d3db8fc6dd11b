// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Which of two candidates is the better one, by prediction.

#include "overlap/timetable.h"

namespace stretto::overlap {

enum class Objective {
  throughput,  ///< many executions soon: the period first, then what filling and draining costs
  latency      ///< one execution alone soon, then as throughput
};

struct Score {
  double value = 0;     ///< seconds; what is compared
  double excess = 0;    ///< seconds above the limits; 0: allowed
  double period = 0;    ///< of the executions in the middle
  double makespan = 0;  ///< of Judge::executions()
  double alone = 0;     ///< makespan of one execution
};

/// The largest offset that a schedule of the graph may have: the window's, and the boundary's.
int32_t most_offset_of(const TimedGraph& graph);

/// What a schedule must not exceed: makespans of a few small numbers of executions.
class Limits {
 public:
  Limits() = default;
  /// Those of a schedule.
  Limits(const TimedGraph& graph, const Retimed& schedule);
  /// Seconds above them, in all.
  double excess(const TimedGraph& graph, const Retimed& candidate, double alone) const;

 private:
  std::vector<double> makespans_;
};

/// Scores candidates of one graph, all over the same number of executions. Counts what that costs.
class Judge {
 public:
  /// Takes candidates whose offsets are `most_offset` at most: the more, the longer a pipeline takes to fill, and the
  /// more executions it takes to see the steady part.
  Judge(const TimedGraph& graph, Objective objective, const Limits& limits, int32_t most_offset);
  int32_t executions() const { return executions_; }
  int32_t most_offset() const { return most_offset_; }
  Score score(const Retimed& candidate);
  /// The same, and the timetable of `executions()` that it rests on.
  Score score(const Timetable& table, const Retimed& candidate);
  uint64_t work() const { return work_; }  ///< so far, in arcs looked at

 private:
  const TimedGraph* graph_;
  Objective objective_;
  const Limits* limits_;
  int32_t most_offset_;
  int32_t executions_;
  uint64_t work_ = 0;
};

}  // namespace stretto::overlap
