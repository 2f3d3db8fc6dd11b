// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How long slots are held: what decides between schedules that are predicted alike.

#include "overlap/search.h"

namespace stretto::overlap {

/// Moves runs forward, by a place on their lane or by a whole turn, as long as slots are held for less time in all and
/// the score does not suffer. Costs are never the true ones: where a step that seems to take no time takes long after
/// all, whoever waits for its slot waits the less, the sooner the slot is given back. Counts its effort as a search
/// does, and takes a part of the task's.
Candidate hold_less(const TimedGraph& graph, const Task& task, Candidate candidate);

}  // namespace stretto::overlap
