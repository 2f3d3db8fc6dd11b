// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/list_schedule.h"

#include <algorithm>
#include <queue>

namespace stretto::overlap {

namespace {

using Entry = std::pair<double, uint32_t>;  // urgency or time, then unit
using Heap = std::priority_queue<Entry, std::vector<Entry>, std::greater<>>;

class Shop {
 public:
  Shop(const TimedGraph& graph, int32_t executions, const std::vector<double>& urgency)
      : graph_(graph),
        executions_(executions),
        urgency_(urgency),
        starts_(urgency.size(), 0),
        started_(graph.unit_count(), 0),
        ended_(graph.unit_count(), 0),
        waits_(graph.unit_count(), false),
        waiting_(graph.lanes().size()),
        busy_(graph.lanes().size(), false) {
    for (uint32_t resource = 0; resource < graph.resource_count(); ++resource)
      free_.push_back(graph.capacity(resource));
  }

  std::vector<double> run() {
    for (uint32_t unit = 0; unit < graph_.unit_count(); ++unit) offer(unit);
    for (uint32_t lane = 0; lane < busy_.size(); ++lane) fill(lane);
    while (!events_.empty()) {
      now_ = events_.top().first;
      touched_.clear();
      while (!events_.empty() && events_.top().first <= now_) {
        const uint32_t unit = events_.top().second;
        events_.pop();
        end(unit);
      }
      std::sort(touched_.begin(), touched_.end());
      touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
      for (const uint32_t lane : touched_) fill(lane);
    }
    return std::move(starts_);
  }

 private:
  size_t run_of(uint32_t unit) const {
    return size_t{unit} * static_cast<size_t>(executions_) + static_cast<size_t>(started_[unit]);
  }

  bool ready(uint32_t unit) const {
    const int32_t execution = started_[unit];
    if (execution >= executions_ || ended_[unit] != execution) return false;
    for (const uint32_t number : graph_.entering(unit)) {
      const auto& arc = graph_.arcs()[number];
      if (ended_[arc.from] <= execution - arc.tokens) return false;
    }
    return true;
  }

  void offer(uint32_t unit) {
    if (waits_[unit] || !ready(unit)) return;
    const auto lanes = graph_.lanes_of(unit);
    if (lanes.empty()) {
      start(unit);
      return;
    }
    waits_[unit] = true;
    for (const uint32_t lane : lanes) {
      waiting_[lane].emplace(urgency_[run_of(unit)], unit);
      touched_.push_back(lane);
    }
  }

  void start(uint32_t unit) {
    waits_[unit] = false;
    starts_[run_of(unit)] = now_;
    ++started_[unit];
    for (const uint32_t lane : graph_.lanes_of(unit)) busy_[lane] = true;
    if (const int32_t resource = graph_.shared_resource(unit); resource >= 0) --free_[static_cast<uint32_t>(resource)];
    events_.emplace(now_ + graph_.seconds(unit), unit);
  }

  void end(uint32_t unit) {
    ++ended_[unit];
    for (const uint32_t lane : graph_.lanes_of(unit)) {
      busy_[lane] = false;
      touched_.push_back(lane);
    }
    if (const int32_t resource = graph_.shared_resource(unit); resource >= 0) {
      ++free_[static_cast<uint32_t>(resource)];
      for (uint32_t lane = 0; lane < busy_.size(); ++lane) touched_.push_back(lane);
    }
    offer(unit);
    for (const uint32_t number : graph_.leaving(unit)) offer(graph_.arcs()[number].to);
  }

  bool can_start(uint32_t unit) const {
    const auto lanes = graph_.lanes_of(unit);
    const int32_t resource = graph_.shared_resource(unit);
    return std::none_of(lanes.begin(), lanes.end(), [&](uint32_t lane) { return busy_[lane]; }) &&
           (resource < 0 || free_[static_cast<uint32_t>(resource)] > 0);
  }

  /// Starts the most urgent unit that can start on an idle lane.
  void fill(uint32_t lane) {
    auto& heap = waiting_[lane];
    std::vector<Entry> passed;
    while (!busy_[lane] && !heap.empty()) {
      const Entry entry = heap.top();
      heap.pop();
      // A joint transition may have been started from its other lane.
      if (!waits_[entry.second] || urgency_[run_of(entry.second)] != entry.first) continue;
      if (can_start(entry.second))
        start(entry.second);
      else
        passed.push_back(entry);
    }
    for (const auto& entry : passed) heap.push(entry);
  }

  const TimedGraph& graph_;
  int32_t executions_;
  const std::vector<double>& urgency_;
  std::vector<double> starts_;
  std::vector<int32_t> started_, ended_;  // by unit: how many runs
  std::vector<bool> waits_;               // by unit: its next run could start
  std::vector<Heap> waiting_;             // by lane
  std::vector<bool> busy_;                // by lane
  std::vector<uint32_t> free_;            // by resource
  std::vector<uint32_t> touched_;         // lanes on which something may start now
  Heap events_;                           // ends of runs
  double now_ = 0;
};

/// Moves starts back until every arc holds at this period. False where that does not come to an end.
bool mend(const TimedGraph& graph, double period, const std::vector<uint32_t>& list, std::vector<double>& start) {
  constexpr int kPasses = 64;
  constexpr double kRounding = 1e-12;
  for (int pass = 0; pass < kPasses; ++pass) {
    bool changed = false;
    for (const uint32_t unit : list)
      for (const uint32_t number : graph.entering(unit)) {
        const auto& arc = graph.arcs()[number];
        const double least = start[arc.from] + graph.seconds(arc.from) - arc.tokens * period;
        if (start[unit] >= least - kRounding) continue;
        start[unit] = least;
        changed = true;
      }
    if (!changed) return true;
  }
  return false;
}

}  // namespace

std::vector<double> list_schedule(const TimedGraph& graph, int32_t executions, const std::vector<double>& urgency) {
  return Shop(graph, executions, urgency).run();
}

Phases steady_phases(const TimedGraph& graph, int32_t executions, const std::vector<double>& starts,
                     const std::vector<uint32_t>& list) {
  const auto count = static_cast<size_t>(executions);
  const size_t first = count / 3;
  const size_t last = count - 1 - count / 3;
  Phases phases;
  phases.start.resize(graph.unit_count());
  for (uint32_t unit = 0; unit < graph.unit_count() && last > first; ++unit)
    phases.period = std::max(phases.period, (starts[unit * count + last] - starts[unit * count + first]) /
                                                static_cast<double>(last - first));
  for (uint32_t unit = 0; last == first && unit < graph.unit_count(); ++unit)
    phases.period = std::max(phases.period, starts[unit * count + first] + graph.seconds(unit));
  std::vector<double> mean(graph.unit_count(), 0);
  for (uint32_t unit = 0; unit < graph.unit_count(); ++unit) {
    for (size_t e = first; e <= last; ++e)
      mean[unit] += starts[unit * count + e] - static_cast<double>(e) * phases.period;
    mean[unit] /= static_cast<double>(last - first + 1);
  }
  // A period below what the arcs alone allow can't be mended: the stretch was too short to show it.
  constexpr double kStep = 1.02;
  for (phases.start = mean; !mend(graph, phases.period, list, phases.start); phases.start = mean)
    phases.period *= kStep;
  return phases;
}

}  // namespace stretto::overlap
