// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Small changes of an order that may shorten its longest chain.

#include "overlap/timetable.h"

namespace stretto::overlap {

/// Two units whose runs follow each other on a lane and on the longest chain.
struct Move {
  enum class Way {
    second_ahead,  ///< the second moves to just before the first
    first_behind,  ///< the first moves to just behind the second
    first_later,   ///< the first's place is given to its run for an earlier execution: all its runs are put off
    first_sooner,  ///< the other way round
  };
  uint32_t lane = 0;
  uint32_t first = 0;
  uint32_t second = 0;
  Way way = Way::second_ahead;
  friend bool operator==(const Move&, const Move&) = default;
};

/// All moves that the longest chain of a timetable suggests, the most frequent neighbours first; some tens at most.
std::vector<Move> moves_of(const Retimed& retimed, const Timetable& table);

/// The order after a move; nothing where it changes nothing. A joint transition moves on the one lane alone, unless
/// both units share others.
std::optional<Order> moved(const TimedGraph& graph, Order order, const Move& move);

}  // namespace stretto::overlap
