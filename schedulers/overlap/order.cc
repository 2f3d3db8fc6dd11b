// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/order.h"

#include <algorithm>
#include <cmath>

namespace stretto::overlap {

namespace {

/// offset[to] >= offset[from] − tokens.
struct Constraint {
  uint32_t from;
  uint32_t to;
  int32_t tokens;
};

std::vector<Constraint> constraints_of(const TimedGraph& graph, const Order& order) {
  std::vector<Constraint> constraints;
  constraints.reserve(graph.arcs().size() + graph.unit_count());
  for (const auto& arc : graph.arcs())
    constraints.push_back({arc.from, arc.to, arc.to == graph.ticket() ? arc.tokens - 1 : arc.tokens});
  for (const auto& lane : order.lanes)
    for (size_t i = 0; i < lane.size() && lane.size() > 1; ++i) {
      const bool turns = i + 1 == lane.size();
      const auto& next = lane[turns ? 0 : i + 1];
      constraints.push_back({lane[i].unit, next.unit, lane[i].turn - next.turn + (turns ? 1 : 0)});
    }
  return constraints;
}

bool least_offsets(const std::vector<Constraint>& constraints, int32_t most, std::vector<int32_t>& offsets) {
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& each : constraints) {
      const int32_t least = offsets[each.from] - each.tokens;
      if (offsets[each.to] >= least) continue;
      if (least > most) return false;
      offsets[each.to] = least;
      changed = true;
    }
  }
  return true;
}

/// The lane's units in the order of a round: it begins where the round does.
std::vector<uint32_t> turned(std::span<const Order::Entry> lane, const std::vector<int32_t>& offsets) {
  std::vector<uint32_t> units;
  for (const auto& entry : lane) units.push_back(entry.unit);
  for (size_t i = 0; i + 1 < lane.size(); ++i) {
    const int32_t rounds = lane[i].turn - lane[i + 1].turn + offsets[units[i + 1]] - offsets[units[i]];
    if (rounds == 0) continue;
    std::rotate(units.begin(), units.begin() + static_cast<std::ptrdiff_t>(i) + 1, units.end());
    break;
  }
  return units;
}

/// Kahn's algorithm over what a round orders: the lanes, and the arcs without round tokens.
class Sorter {
 public:
  Sorter(const TimedGraph& graph, const Retimed& order)
      : graph_(graph), offsets_(order.offsets), missing_(graph.unit_count(), 0), first_(graph.unit_count(), kNone) {
    for (const auto& lane : order.lanes)
      for (size_t i = 0; i + 1 < lane.size(); ++i) {
        after_.push_back({lane[i + 1], first_[lane[i]]});
        first_[lane[i]] = static_cast<uint32_t>(after_.size()) - 1;
        ++missing_[lane[i + 1]];
      }
    for (const auto& arc : graph.arcs())
      if (within(arc)) ++missing_[arc.to];
  }

  std::vector<uint32_t> run() {
    sorted_.reserve(graph_.unit_count());
    if (graph_.ticket() != kNone) sorted_.push_back(graph_.ticket());
    for (uint32_t unit = 0; unit < graph_.unit_count(); ++unit)
      if (missing_[unit] == 0 && unit != graph_.ticket()) sorted_.push_back(unit);
    for (size_t done = 0; done < sorted_.size(); ++done) {
      const uint32_t unit = sorted_[done];
      for (uint32_t link = first_[unit]; link != kNone; link = after_[link].next) reach(after_[link].unit);
      for (const uint32_t number : graph_.leaving(unit))
        if (within(graph_.arcs()[number])) reach(graph_.arcs()[number].to);
    }
    return std::move(sorted_);
  }

 private:
  /// What follows a unit on its lanes, as a chain of links.
  struct Link {
    uint32_t unit;
    uint32_t next;
  };
  bool within(const Arc& arc) const { return arc.tokens + offsets_[arc.to] - offsets_[arc.from] == 0; }
  void reach(uint32_t unit) {
    if (--missing_[unit] == 0) sorted_.push_back(unit);
  }

  const TimedGraph& graph_;
  const std::vector<int32_t>& offsets_;
  std::vector<uint32_t> missing_;
  std::vector<uint32_t> first_;
  std::vector<Link> after_;
  std::vector<uint32_t> sorted_;
};

}  // namespace

Order Retimed::order() const {
  Order order;
  for (const auto& lane : lanes) {
    auto& entries = order.lanes.emplace_back();
    for (const uint32_t unit : lane) entries.push_back({unit, offsets[unit]});
  }
  return order;
}

int32_t Retimed::most_offset() const { return offsets.empty() ? 0 : *std::max_element(offsets.begin(), offsets.end()); }

Order fold(const TimedGraph& graph, const Phases& phases) {
  Order order;
  order.lanes.resize(graph.lanes().size());
  const double origin = graph.ticket() == kNone ? 0 : phases.start[graph.ticket()];
  std::vector<double> within(graph.unit_count());
  for (uint32_t unit = 0; unit < graph.unit_count(); ++unit) {
    const double since = phases.start[unit] - origin;
    const auto turn = static_cast<int32_t>(std::floor(since / phases.period));
    within[unit] = since - turn * phases.period;
    for (const uint32_t lane : graph.lanes_of(unit)) order.lanes[lane].push_back({unit, turn});
  }
  for (auto& lane : order.lanes)
    std::stable_sort(lane.begin(), lane.end(),
                     [&](const Order::Entry& a, const Order::Entry& b) { return within[a.unit] < within[b.unit]; });
  return order;
}

std::optional<Retimed> retime(const TimedGraph& graph, const Order& order, int32_t most) {
  Retimed retimed;
  retimed.offsets.assign(graph.unit_count(), 0);
  if (!least_offsets(constraints_of(graph, order), most, retimed.offsets)) return std::nullopt;
  for (const auto& lane : order.lanes) retimed.lanes.push_back(turned(lane, retimed.offsets));
  retimed.topological = Sorter(graph, retimed).run();
  if (retimed.topological.size() != graph.unit_count()) return std::nullopt;
  return retimed;
}

}  // namespace stretto::overlap
