// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/score.h"

#include <algorithm>

namespace stretto::overlap {

namespace {

constexpr int32_t kMostOffset = 64;     // the boundary's
constexpr int32_t kStretch = 12;        // executions over which a period is measured
constexpr int32_t kManyRuns = 150'000;  // of one timetable: memory and time stay bounded
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

double Limits::excess(const TimedGraph& graph, const Retimed& candidate, double alone, uint64_t& work) const {
  double sum = 0;
  for (size_t i = 0; i < makespans_.size(); ++i) {
    double makespan = alone;
    if (kLimited[i] != 1) {
      const Timetable table(graph, candidate, kLimited[i]);
      makespan = table.makespan();
      work += table.work();
    }
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

Score Judge::score(const Retimed& candidate, double bar) {
  const Timetable table(*graph_, candidate, executions_);
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
  score.unlimited = weigh(many, score.alone);
  score.value = score.unlimited;
  if (score.value < bar) score.value += kExcess * limits_->excess(*graph_, candidate, score.alone, work_);
  return score;
}

double Judge::bound(const std::vector<uint32_t>& list) const {
  const uint32_t units = graph_->unit_count();
  std::vector<double> before(units, 0), after(units, 0);  // longest chains within one execution
  const auto within = [&](uint32_t number) { return graph_->arcs()[number].tokens == 0; };
  for (const uint32_t unit : list)
    for (const uint32_t number : graph_->leaving(unit))
      if (auto& to = before[graph_->arcs()[number].to]; within(number))
        to = std::max(to, before[unit] + graph_->seconds(unit));
  for (size_t i = list.size(); i-- > 0;)
    for (const uint32_t number : graph_->leaving(list[i]))
      if (const uint32_t to = graph_->arcs()[number].to; within(number))
        after[list[i]] = std::max(after[list[i]], after[to] + graph_->seconds(to));
  double alone = 0, makespan = 0, period = 0;
  std::vector<double> head(graph_->lanes().size(), std::numeric_limits<double>::infinity()), tail = head,
                                                                                             load(head.size(), 0);
  for (uint32_t unit = 0; unit < units; ++unit) {
    alone = std::max(alone, before[unit] + graph_->seconds(unit) + after[unit]);
    for (const uint32_t lane : graph_->lanes_of(unit)) {
      head[lane] = std::min(head[lane], before[unit]);
      tail[lane] = std::min(tail[lane], after[unit]);
      load[lane] += graph_->seconds(unit);
    }
  }
  for (size_t lane = 0; lane < load.size(); ++lane) {
    makespan = std::max(makespan, head[lane] + executions_ * load[lane] + tail[lane]);
    alone = std::max(alone, head[lane] + load[lane] + tail[lane]);
    period = std::max(period, load[lane]);
  }
  return weigh(makespan + (kReference - executions_) * period, alone);
}

double Judge::weigh(double many, double alone) const {
  return objective_ == Objective::throughput ? many + alone / 2 : kReference * alone + many / 2;
}

}  // namespace stretto::overlap
