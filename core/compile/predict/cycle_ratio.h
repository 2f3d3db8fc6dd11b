// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The largest ratio of weight to tokens over all circuits of a graph.
///
/// In a marked graph in which each transition fires as early as it may, the time between two firings tends to that
/// ratio (Ramchandani 1974; Baccelli, Cohen, Olsder, Quadrat, Synchronization and Linearity, 1992, theorem 3.23
/// and 2.5.3).
///
/// Found by Howard's policy iteration (Cochet-Terrasson, Cohen, Gaubert, McGettrick, Quadrat 1998). A policy keeps one
/// arc out of each vertex. Following it from anywhere ends in a circuit, whose ratio η(v) and the weight x(v) on the
/// way, less η per token, are the value of v. An arc u → v that promises more, first in η, then in w − η t + x(v),
/// replaces the kept one. When none does, w − η t + x(v) ≤ x(u) holds on all arcs between vertices of one η; summed
/// over any circuit: weight ≤ η · tokens. So the best circuit kept is the best there is. Each round is linear; values
/// never sink, there are finitely many policies, and changes below the rounding of the numbers count as none: it ends.

#include <cstdint>
#include <span>
#include <vector>

namespace stretto::compiling {

struct WeightedArc {
  uint32_t from;
  uint32_t to;
  double weight;   ///< not negative
  int32_t tokens;  ///< any, but every circuit's sum is at least 1
};

struct CycleRatio {
  double value = 0;
  std::vector<uint32_t> circuit;  ///< numbers of arcs, each starting where the one before it ends; empty: no circuit
};

/// Throws Code::invalid_argument where a circuit has less than one token.
CycleRatio max_cycle_ratio(uint32_t vertices, std::span<const WeightedArc> arcs);

}  // namespace stretto::compiling
