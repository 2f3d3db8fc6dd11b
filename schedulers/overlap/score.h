// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Which of two candidates is the better one, by prediction.

#include "overlap/timetable.h"

#include <limits>

namespace stretto::overlap {

enum class Objective {
  throughput,  ///< many executions soon: the period first, then what filling and draining costs
  latency      ///< one execution alone soon, then as throughput
};

inline constexpr double kRounding = 1e-9;  ///< relative: below it two times are the same

struct Score {
  double value = 0;      ///< seconds; what is compared
  double unlimited = 0;  ///< the same without the charge for what lies above the limits
  double period = 0;     ///< of the executions in the middle
  double makespan = 0;   ///< of Judge::executions()
  double alone = 0;      ///< makespan of one execution
};

/// The largest offset that a schedule of the graph may have: the window's, and the boundary's.
int32_t most_offset_of(const TimedGraph& graph);

/// What a schedule must not exceed: makespans of a few small numbers of executions.
class Limits {
 public:
  Limits() = default;
  /// Those of a schedule.
  Limits(const TimedGraph& graph, const Retimed& schedule);
  /// Seconds above them, in all. Adds to `work` the arcs looked at.
  double excess(const TimedGraph& graph, const Retimed& candidate, double alone, uint64_t& work) const;

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
  /// Exact where the value is below `bar`; else it may leave out a charge, and is not below it either.
  Score score(const Retimed& candidate, double bar = std::numeric_limits<double>::infinity());
  /// A value that no order can go below: for every lane, the shortest way to it, all its work, the shortest way from
  /// it.
  double bound(const std::vector<uint32_t>& list) const;
  uint64_t work() const { return work_; }  ///< so far, in arcs looked at

 private:
  double weigh(double many, double alone) const;

  const TimedGraph* graph_;
  Objective objective_;
  const Limits* limits_;
  int32_t most_offset_;
  int32_t executions_;
  uint64_t work_ = 0;
};

}  // namespace stretto::overlap
