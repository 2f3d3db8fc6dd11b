// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How many slots each ring gets, where the job leaves it open.

#include "overlap/search.h"

namespace stretto::overlap {

struct SlotOptions {
  uint32_t lookahead = 1;  ///< an open ring gets 1 + lookahead slots …
  uint32_t slots = 0;      ///< … and up to this many where time is gained; 0: as many as the ring may have
  uint64_t memory = 0;     ///< bytes that the rings of one actor may take; 0: no limit
};

/// The two ends of what the options allow.
struct SlotRange {
  std::vector<uint32_t> least;
  std::vector<uint32_t> most;
};

/// Where the memory of an actor is too small, the rings with the most slots give up theirs first.
/// Throws Code::overloaded where even the fewest possible slots do not fit: names the actor, what it needs, the limit.
SlotRange slot_range(const Problem& problem, const SlotOptions& options);

/// The better of two searches, with the least slots and with the most; from the latter, slots that bring nothing are
/// taken back. Leaves the graph with the slots chosen.
Candidate choose_slots(TimedGraph& graph, const Problem& problem, const SlotRange& range, const Task& task);

}  // namespace stretto::overlap
