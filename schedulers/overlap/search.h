// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The search for the best order of all lanes, with the slots as they are.

#include "overlap/score.h"
#include "overlap/urgency.h"

namespace stretto::overlap {

struct Candidate {
  Retimed retimed;
  Score score;
};

/// What a search is about, and what it may cost.
struct Task {
  Objective objective = Objective::throughput;
  Limits limits;
  /// Orders of the units that go forward along every arc without tokens; the first decides where nothing else does.
  std::vector<std::vector<uint32_t>> lists;
  uint64_t improving =
      0;  ///< arcs looked at while improving: counted, not timed, so that the answer is always the same
};

/// All lanes cut from one list of the units that goes forward along every arc without tokens; no offsets. Always live:
/// a circuit goes backward in the list somewhere, and what does has a token. Linear.
/// Throws Code::invalid_argument where the list is no such list.
Retimed straight(const TimedGraph& graph, const std::vector<uint32_t>& list);

/// Orders from list schedules under every rule, and from the lists themselves; then the best of them are improved: of
/// two runs that follow each other on a lane and on the chain that ends last, the later is moved in front, or the
/// earlier behind; the first such move that gains is taken, else the best, and what it undid is forbidden for a while
/// (Nowicki and Smutnicki, A fast taboo search algorithm for the job shop problem, 1996, here with cyclic lanes). Lanes
/// that only carry what other steps need or made follow the order of those.
///
/// The result is never worse, by score, than any of the lists.
Candidate search(const TimedGraph& graph, const Task& task);

}  // namespace stretto::overlap
