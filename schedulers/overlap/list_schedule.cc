// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/list_schedule.h"

#include <algorithm>
#include <queue>
#include <utility>

namespace stretto::overlap {

namespace {

using Entry = std::pair<double, uint32_t>;  // urgency or time, then unit
using Heap = std::priority_queue<Entry, std::vector<Entry>, std::greater<>>;

class Shop {
 public:
  Shop(const TimedGraph& graph, int32_t executions, const std::vector<double>& urgency, const Order* fixed)
      : graph_(graph),
        executions_(executions),
        urgency_(urgency),
        starts_(urgency.size(), 0),
        started_(graph.unit_count(), 0),
        ended_(graph.unit_count(), 0),
        waits_(graph.unit_count(), false),
        waiting_(graph.lanes().size()),
        busy_(graph.lanes().size(), false),
        heads_(graph.lanes().size()) {
    for (uint32_t lane = 0; lane < heads_.size() && fixed != nullptr; ++lane)
      if (graph.lanes()[lane].duty == Duty::compute) fix(lane, fixed->lanes[lane]);
    for (uint32_t resource = 0; resource < graph.resource_count(); ++resource)
      free_.push_back(graph.capacity(resource));
  }

  std::vector<double> run() {
    for (uint32_t unit = 0; unit < graph_.unit_count(); ++unit) offer(unit);
    fill_touched();
    while (!events_.empty()) {
      now_ = events_.top().first;
      while (!events_.empty() && events_.top().first <= now_) {
        const uint32_t unit = events_.top().second;
        events_.pop();
        end(unit);
      }
      fill_touched();
    }
    const bool all = std::all_of(ended_.begin(), ended_.end(), [&](int32_t runs) { return runs == executions_; });
    return all ? std::move(starts_) : std::vector<double>();
  }

 private:
  /// Where a lane whose sequence is fixed stands.
  struct Head {
    const std::vector<Order::Entry>* entries = nullptr;
    int32_t turn = 0;
    int32_t last_turn = 0;
    size_t place = 0;
    uint32_t unit() const { return (*entries)[place].unit; }
  };

  void fix(uint32_t lane, const std::vector<Order::Entry>& entries) {
    auto& head = heads_[lane];
    head.entries = &entries;
    for (const auto& entry : entries) {
      head.turn = std::min(head.turn, entry.turn);
      head.last_turn = std::max(head.last_turn, entry.turn + executions_);
    }
    if (!runs(head)) step_on(head);
  }

  bool runs(const Head& head) const {
    const int32_t execution = head.turn - (*head.entries)[head.place].turn;
    return execution >= 0 && execution < executions_;
  }

  /// To the next run that there is.
  void step_on(Head& head) {
    do {
      if (++head.place < head.entries->size()) continue;
      head.place = 0;
      ++head.turn;
    } while (!runs(head) && head.turn <= head.last_turn);
  }

  size_t run_of(uint32_t unit) const {
    return size_t{unit} * static_cast<size_t>(executions_) + static_cast<size_t>(started_[unit]);
  }

  bool ready(uint32_t unit) const {
    const int32_t execution = started_[unit];
    if (execution >= executions_ || ended_[unit] != execution) return false;
    for (const uint32_t lane : graph_.lanes_of(unit))
      if (heads_[lane].entries != nullptr && heads_[lane].unit() != unit) return false;
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
    for (const uint32_t lane : graph_.lanes_of(unit)) {
      busy_[lane] = true;
      if (heads_[lane].entries == nullptr) continue;
      step_on(heads_[lane]);
      offer(heads_[lane].unit());
    }
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

  /// Starting a unit may make another one ready, where a lane's sequence is fixed.
  void fill_touched() {
    while (!touched_.empty()) {
      auto lanes = std::exchange(touched_, {});
      std::sort(lanes.begin(), lanes.end());
      lanes.erase(std::unique(lanes.begin(), lanes.end()), lanes.end());
      for (const uint32_t lane : lanes) fill(lane);
    }
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
  std::vector<Head> heads_;               // by lane
  std::vector<uint32_t> free_;            // by resource
  std::vector<uint32_t> touched_;         // lanes on which something may start now
  Heap events_;                           // ends of runs
  double now_ = 0;
};

/// Moves starts back until every arc holds at this period. False where that does not come to an end.
bool mend(const TimedGraph& graph, double period, const std::vector<uint32_t>& list, std::vector<double>& start) {
  constexpr int kPasses = 64;
  for (int pass = 0; pass < kPasses; ++pass) {
    bool changed = false;
    for (const uint32_t unit : list)
      for (const uint32_t number : graph.entering(unit)) {
        const auto& arc = graph.arcs()[number];
        const double least = start[arc.from] + graph.seconds(arc.from) - arc.tokens * period;
        if (start[unit] >= least - kInstant) continue;
        start[unit] = least;
        changed = true;
      }
    if (!changed) return true;
  }
  return false;
}

}  // namespace

std::vector<double> list_schedule(const TimedGraph& graph, int32_t executions, const std::vector<double>& urgency,
                                  const Order* fixed) {
  return Shop(graph, executions, urgency, fixed).run();
}

Phases mended(const TimedGraph& graph, const Phases& phases, const std::vector<uint32_t>& list) {
  // A period below what the arcs alone allow can't be mended.
  constexpr double kStep = 1.02;
  Phases result = phases;
  for (; !mend(graph, result.period, list, result.start); result.start = phases.start) result.period *= kStep;
  return result;
}

std::vector<Phases> steady_phases(const TimedGraph& graph, int32_t executions, const std::vector<double>& starts,
                                  const std::vector<uint32_t>& list) {
  const auto count = static_cast<size_t>(executions);
  const size_t first = count / 3;
  const size_t last = count - 1 - count / 3;
  const auto at = [&](uint32_t unit, size_t execution) { return starts[unit * count + execution]; };
  double period = 0;
  for (uint32_t unit = 0; unit < graph.unit_count(); ++unit)
    period = std::max(period, last == first ? at(unit, first) + graph.seconds(unit)
                                            : (at(unit, last) - at(unit, first)) / static_cast<double>(last - first));
  std::vector<Phases> found;
  constexpr size_t kSingle = 3;
  std::vector<double> start(graph.unit_count());
  for (size_t e = first; e <= last && e < first + kSingle; ++e) {
    for (uint32_t unit = 0; unit < graph.unit_count(); ++unit) start[unit] = at(unit, e);
    found.push_back(mended(graph, {period, start}, list));
  }
  if (last == first) return found;
  for (uint32_t unit = 0; unit < graph.unit_count(); ++unit) {
    start[unit] = 0;
    for (size_t e = first; e <= last; ++e) start[unit] += at(unit, e) - static_cast<double>(e) * period;
    start[unit] /= static_cast<double>(last - first + 1);
  }
  found.push_back(mended(graph, {period, start}, list));
  return found;
}

}  // namespace stretto::overlap
