// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/moves.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace stretto::overlap {

namespace {

using Entries = std::vector<Order::Entry>;

size_t place_of(const Entries& entries, uint32_t unit) {
  return static_cast<size_t>(
      std::find_if(entries.begin(), entries.end(), [&](const Order::Entry& entry) { return entry.unit == unit; }) -
      entries.begin());
}

Entries::iterator at(Entries& entries, size_t place) { return entries.begin() + static_cast<std::ptrdiff_t>(place); }

/// Neighbours across the border of two turns: the second stands at the front of the next one.
void second_ahead(Entries& entries, uint32_t first, uint32_t second) {
  Order::Entry moving = entries[place_of(entries, second)];
  if (place_of(entries, second) < place_of(entries, first)) --moving.turn;
  entries.erase(at(entries, place_of(entries, second)));
  entries.insert(at(entries, place_of(entries, first)), moving);
}

void first_behind(Entries& entries, uint32_t first, uint32_t second) {
  Order::Entry moving = entries[place_of(entries, first)];
  if (place_of(entries, second) < place_of(entries, first)) ++moving.turn;
  entries.erase(at(entries, place_of(entries, first)));
  entries.insert(at(entries, place_of(entries, second) + 1), moving);
}

}  // namespace

std::vector<Move> moves_of(const Retimed& retimed, const Timetable& table) {
  constexpr size_t kMostPairs = 16;
  std::map<std::tuple<uint32_t, uint32_t, uint32_t>, uint32_t> counts;
  for (const auto& pair : table.critical())
    if (pair.first != pair.second) ++counts[{pair.lane, pair.first, pair.second}];
  std::vector<std::pair<uint32_t, std::tuple<uint32_t, uint32_t, uint32_t>>> pairs;
  for (const auto& [pair, count] : counts) pairs.emplace_back(count, pair);
  std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  if (pairs.size() > kMostPairs) pairs.resize(kMostPairs);
  std::vector<Move> moves;
  for (const auto& [count, pair] : pairs) {
    const auto [lane, first, second] = pair;
    moves.push_back({lane, first, second, Move::Way::second_ahead});
    const auto& units = retimed.lanes[lane];
    const auto place = std::find(units.begin(), units.end(), first) - units.begin();
    const bool adjacent = units[static_cast<size_t>(place + 1) % units.size()] == second;
    if (!adjacent) moves.push_back({lane, first, second, Move::Way::first_behind});
    moves.push_back({lane, first, second, Move::Way::first_later});
  }
  return moves;
}

std::optional<Order> moved(const TimedGraph& graph, Order order, const Move& move) {
  const auto apply = [&](uint32_t lane) {
    auto& entries = order.lanes[lane];
    if (entries.size() < 2) return;
    switch (move.way) {
      case Move::Way::second_ahead: second_ahead(entries, move.first, move.second); break;
      case Move::Way::first_behind: first_behind(entries, move.first, move.second); break;
      case Move::Way::first_later: ++entries[place_of(entries, move.first)].turn; break;
      case Move::Way::first_sooner: --entries[place_of(entries, move.first)].turn; break;
    }
  };
  if (order.lanes[move.lane].size() < 2) return std::nullopt;
  const auto others = graph.lanes_of(move.first);
  const auto lanes = graph.lanes_of(move.second);
  for (const uint32_t lane : lanes)
    if (lane == move.lane || std::find(others.begin(), others.end(), lane) != others.end()) apply(lane);
  return order;
}

}  // namespace stretto::overlap
