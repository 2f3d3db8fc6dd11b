// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/score.h"

#include <algorithm>

namespace stretto::overlap {

namespace {

constexpr int32_t kMostOffset = 64;    // the boundary's
constexpr int32_t kStretch = 12;       // executions over which a period is measured
constexpr int32_t kManyRuns = 400000;  // of one timetable: memory and time stay bounded
// A run of this many executions is what throughput means.
constexpr double kReference = 100;
// What an offset is charged, in periods: executions under way cost latency, and blank rounds when no more follow.
constexpr double kOffset = 1e-3;
// What a second above the limits is charged: more than anything could be worth.
constexpr double kExcess = 1e4;
constexpr int32_t kLimited[] = {1, 3, 8};  // numbers of executions

}  // namespace

int32_t most_offset_of(const TimedGraph& graph) { return std::clamp(graph.inflight() - 1, 0, kMostOffset); }

Limits::Limits(const TimedGraph& graph, const Retimed& schedule) {
  for (const int32_t count : kLimited) makespans_.push_back(Timetable(graph, schedule, count).makespan());
}

double Limits::excess(const TimedGraph& graph, const Retimed& candidate, double alone) const {
  constexpr double kRounding = 1e-9;
  double sum = 0;
  for (size_t i = 0; i < makespans_.size(); ++i) {
    const double makespan = kLimited[i] == 1 ? alone : Timetable(graph, candidate, kLimited[i]).makespan();
    sum += std::max(0.0, makespan - makespans_[i] * (1 + kRounding));
  }
  return sum;
}

Judge::Judge(const TimedGraph& graph, Objective objective, const Limits& limits, int32_t most_offset)
    : graph_(&graph), objective_(objective), limits_(&limits), most_offset_(most_offset) {
  const int32_t wanted = 2 * most_offset_ + kStretch + 4;
  const auto affordable = kManyRuns / static_cast<int32_t>(graph_->unit_count() + 1);
  executions_ = std::max(4, std::min(wanted, affordable));
}

Score Judge::score(const Retimed& candidate) { return score(Timetable(*graph_, candidate, executions_), candidate); }

Score Judge::score(const Timetable& table, const Retimed& candidate) {
  const Timetable single(*graph_, candidate, 1);
  work_ += table.work() + single.work() + graph_->arcs().size();
  // In the last rounds lanes skip steps, and in the first: neither is steady.
  const int32_t last = std::max(1, executions_ - 1 - candidate.most_offset());
  const int32_t first = std::max(0, last - kStretch);
  Score score;
  score.makespan = table.makespan();
  score.period = (table.end_of(last) - table.end_of(first)) / (last - first);
  score.alone = single.makespan();
  const double many =
      score.makespan + (kReference - executions_) * score.period + kOffset * score.period * candidate.most_offset();
  score.excess = limits_->excess(*graph_, candidate, score.alone);
  score.value = objective_ == Objective::throughput ? many + score.alone / 16 : kReference * score.alone + many / 16;
  score.value += kExcess * score.excess;
  return score;
}

}  // namespace stretto::overlap
