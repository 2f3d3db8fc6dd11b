// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/follow.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace stretto::overlap {

namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

class Follower {
 public:
  Follower(const TimedGraph& graph, Order& order) : graph_(graph), order_(order), key_(graph.unit_count(), kUnknown) {}

  void run() {
    for (uint32_t lane = 0; lane < order_.lanes.size(); ++lane)
      if (!serves(lane)) note(lane);
    // A receive may serve a copy that serves a computation, so copies come first; and the other way round for sends.
    for (const Duty duty : {Duty::copy_in, Duty::receive, Duty::copy_out, Duty::send})
      for (uint32_t lane = 0; lane < order_.lanes.size(); ++lane)
        if (graph_.lanes()[lane].duty == duty && serves(lane)) arrange(lane);
  }

 private:
  bool serves(uint32_t lane) const {
    const Duty duty = graph_.lanes()[lane].duty;
    if (duty == Duty::compute || duty == Duty::transfer) return false;
    const auto& entries = order_.lanes[lane];
    return std::all_of(entries.begin(), entries.end(),
                       [&](const Order::Entry& entry) { return graph_.steps_of(entry.unit).size() == 1; });
  }

  /// Where a unit's run for execution 0 stands on its lane, in turns.
  void note(uint32_t lane) {
    const auto& entries = order_.lanes[lane];
    for (size_t i = 0; i < entries.size(); ++i)
      key_[entries[i].unit] = entries[i].turn + static_cast<double>(i) / static_cast<double>(entries.size());
  }

  bool on_actor(uint32_t unit, uint32_t actor) const {
    const auto lanes = graph_.lanes_of(unit);
    return lanes.size() == 1 && graph_.lanes()[lanes[0]].actor == actor;
  }

  /// The first use, or the last making.
  double key(uint32_t unit, uint32_t actor, bool brings) const {
    double found = kUnknown;
    for (const uint32_t number : brings ? graph_.leaving(unit) : graph_.entering(unit)) {
      const auto& arc = graph_.arcs()[number];
      const uint32_t other = brings ? arc.to : arc.from;
      if (arc.tokens != 0 || arc.ring >= 0 || !on_actor(other, actor) || std::isnan(key_[other])) continue;
      found = std::isnan(found) ? key_[other] : brings ? std::min(found, key_[other]) : std::max(found, key_[other]);
    }
    return found;
  }

  void arrange(uint32_t lane) {
    auto& entries = order_.lanes[lane];
    const Duty duty = graph_.lanes()[lane].duty;
    const bool brings = duty == Duty::receive || duty == Duty::copy_in;
    std::vector<double> keys(entries.size());
    for (size_t i = 0; i < entries.size(); ++i) {
      keys[i] = key(entries[i].unit, graph_.lanes()[lane].actor, brings);
      if (std::isnan(keys[i])) return note(lane);  // it serves something else, too: stay
    }
    std::vector<std::pair<double, Order::Entry>> sorted;
    for (size_t i = 0; i < entries.size(); ++i) {
      const double turn = std::floor(keys[i]);
      sorted.emplace_back(keys[i] - turn, Order::Entry{entries[i].unit, static_cast<int32_t>(turn)});
    }
    std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (size_t i = 0; i < entries.size(); ++i) entries[i] = sorted[i].second;
    note(lane);
    for (const auto& [within, entry] : sorted) key_[entry.unit] = entry.turn + within;
  }

  const TimedGraph& graph_;
  Order& order_;
  std::vector<double> key_;  // by unit
};

}  // namespace

void follow(const TimedGraph& graph, Order& order) { Follower(graph, order).run(); }

}  // namespace stretto::overlap
