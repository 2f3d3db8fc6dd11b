// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a plan's lanes, waits, messages and released slots put in order.
///
/// The claim to decide, before(u, v, k): v for execution i starts only after u for execution i − k has ended, in every
/// run. Two steps on one lane are in order in rounds, and so is what a lane's semaphore has counted; with offsets,
/// rounds and executions differ. A longer chain holds in terms of executions only: in a blank round a step waits for
/// nothing, so a chain may lead through runs of the executions i, i − 1, … alone, which are there whenever v's is. A
/// later execution's may never come. Hence each link of a chain counts the executions that it looks back, never less
/// than 0, and the claim holds where a chain from u to v looks back k at most.
///
/// This is Lamport's happens-before (1978), along the waits that stand in the plan. Links: the lane of a step; the
/// lanes that it waits for by semaphore, up to where it waits; SEND → RECEIVE; slots released → acquired; a rendezvous,
/// which ends for both once both have begun, and a group, which begins as one and ends as one; on an asynchronous
/// device the thread that issues it, which has awaited the headers of what it issued before; and the window, since all
/// steps of execution i − inflight have ended before execution i is submitted (verify_window).

#include "stretto/plan.h"

namespace stretto::compiling {

/// The plan must be consistent and must outlive this. One thread.
class HappensBefore {
 public:
  explicit HappensBefore(const Plan& plan) : plan_(plan) {}

  /// A look at v's own lane and waits answers at once for what the compiler emits; else a search backwards from v,
  /// which takes time in proportion to the steps that lie between.
  bool before(uint32_t u, uint32_t v, int32_t tokens);

  /// Whether no two runs of these can overlap: each run of one is before or after each run of the other.
  bool take_turns(uint32_t a, uint32_t b);

 private:
  friend class Search;

  bool at_once(uint32_t u, uint32_t v, int32_t tokens) const;
  void index_links();

  const Plan& plan_;
  bool indexed_ = false;
  std::vector<std::vector<uint32_t>> releasing_;  // by channel
  std::vector<uint32_t> issue_position_;          // by step of an asynchronous device
};

}  // namespace stretto::compiling
