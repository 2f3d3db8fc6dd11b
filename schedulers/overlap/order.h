// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A candidate: the cyclic order of every lane, with offsets. Lanes, tokens and rounds as in timed_graph.h and abi.h.

#include "overlap/timed_graph.h"

#include <optional>

namespace stretto::overlap {

/// The cyclic order of every lane. Run i of an entry's unit stands in turn i + entry.turn of its lane, and a turn runs
/// the lane's entries in order. Turns of two lanes have nothing to do with each other: what counts is the sequence
/// alone.
struct Order {
  struct Entry {
    uint32_t unit;
    int32_t turn;
    friend bool operator==(const Entry&, const Entry&) = default;
  };
  std::vector<std::vector<Entry>> lanes;
  friend bool operator==(const Order&, const Order&) = default;
};

/// Starting times of units for execution 0 in a schedule that repeats every `period` seconds.
struct Phases {
  double period = 0;
  std::vector<double> start;  ///< by unit
};

/// Lanes sorted by starting time modulo the period: execution i's run of u stands where start[u] + i · period says.
/// Where the phases satisfy start[to] >= start[from] + seconds(from) − tokens · period for every arc, the order is
/// live: with offsets floor(start / period), every arc has round tokens >= 0, and goes forward in time within a round
/// where it has 0; and so do lanes.
Order fold(const TimedGraph& graph, const Phases& phases);

/// An order in rounds: in round r a lane runs its units in order, unit u on execution r − offsets[u].
struct Retimed {
  std::vector<std::vector<uint32_t>> lanes;
  std::vector<int32_t> offsets;       ///< by unit
  std::vector<uint32_t> topological;  ///< all units, as a round may be worked off; the ticket first

  Order order() const;
  int32_t most_offset() const;
};

/// Gives each unit the least offset >= 0 that leaves the sequence of runs on every lane as it is and every arc with
/// round tokens >= 0; lanes are turned to begin where a round does. The token sum of a circuit does not change when
/// offsets do, so neither does liveness. It is a system of difference constraints, solved by Bellman and Ford's
/// algorithm (Leiserson and Saxe, Retiming synchronous circuitry, 1991).
///
/// Nothing where the order is not live, or needs an offset that the window or `most` forbids: an output with offset o
/// needs inflight >= o + 1, or rounds would have to wait for themselves.
std::optional<Retimed> retime(const TimedGraph& graph, const Order& order, int32_t most);

}  // namespace stretto::overlap
