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

/// How much a search may cost, in arcs looked at. Counted, not timed: the answer depends on the problem alone.
struct Effort {
  uint64_t improving = 0;  ///< 0: construction only
};

/// All lanes cut from one list of the units that goes forward along every arc without tokens; no offsets. Always live:
/// a circuit goes backward in the list somewhere, and what does has a token. Linear.
/// Throws Code::invalid_argument where the list is no such list.
Retimed straight(const TimedGraph& graph, const std::vector<uint32_t>& list);

/// Orders from list schedules under every rule, and the list itself without offsets; then the best of them is improved:
/// of two runs that follow each other on a lane and on the chain that ends last, the later is moved in front, or the
/// earlier behind, the best such move is taken, and what it undid is forbidden for a while (Nowicki and Smutnicki, A
/// fast taboo search algorithm for the job shop problem, 1996, here with cyclic lanes). Lanes that only carry what
/// other steps need or made follow the order of those.
///
/// `list` has the units forward along every arc without tokens: the order written, or Johnson's. The result is never
/// worse, by score, than the list.
Candidate search(const TimedGraph& graph, const std::vector<uint32_t>& list, Objective objective, Effort effort);

}  // namespace stretto::overlap
