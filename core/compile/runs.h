// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs: steps of one actor that an asynchronous device records once, when the plan opens, and then enqueues as one.
///
/// A run is a stretch of its actor's issue order, and of each of its lanes. On the device it begins when all that any
/// of its steps waits for outside of it has happened, and what waits for any of its steps waits for its end. Between
/// the two its steps wait for each other alone, as the plan says, lane by lane; those that meet a counterpart do so
/// where they stand, so that two runs may be under way together. RoundGraph has an arc for each of these, with a
/// begin and an end of every run, so liveness, the predicted period and all that is shown of a circuit hold for what
/// really happens. Order can't suffer: all that the plan waits for is waited for, some of it earlier.
///
/// **Status.** What a run makes is sound if what it takes in is: captured ops can't fail on their own. So what is known
/// of what it sends is posted when it begins, lane by lane in lane order, and not when it ends. Whoever asks for that
/// has met the message; the message came behind the run's begin, behind all that was sent before it on its lane, and
/// behind all that it was made from: whatever the post may have to wait for has happened. A post at the end would make
/// the receiver's host wait for what else the sender's run does, which may wait for the receiver.
///
/// Its first lane launches it in every round that brings an execution for each of its offsets. In the others, such as
/// the first rounds, those around blank ones, and all that are traced, its steps are enqueued one by one. Both ends of
/// a message between lanes are captured or neither is, and all members of a collective; and runs that meet so share
/// their offsets, so that all decide alike.
///
/// Addresses are recorded, and slots turn with the execution: a run is recorded once for each phase, which are as many
/// as the least common multiple of its slots.

#include "stretto/plan.h"

#include <unordered_map>

namespace stretto::compiling {

constexpr uint32_t kMostPhases = 16;

/// What a run needs, in a plan that is complete but for its captures. The plan outlives this.
class Runs {
 public:
  explicit Runs(const Plan& plan);
  /// Why a step can't be recorded; empty: it can.
  std::string obstacle(uint32_t number) const;
  /// The step in `left` (by step: whether it stands between the run and this step in the issue order) that this one
  /// has to be issued behind; -1: none.
  int32_t left_before(uint32_t number, const std::vector<bool>& left) const;
  /// The steps that are captured if this one is: its counterparts, itself included. Empty: it has none.
  std::vector<uint32_t> counterparts(uint32_t number) const;
  /// The phases of steps with so many, and this one.
  uint32_t phases(uint32_t step, uint32_t others = 1) const;

 private:
  const Plan& plan_;
  std::vector<int32_t> maker_;                                  // by ring: the step of its own actor that fills it
  std::unordered_map<int32_t, std::vector<uint32_t>> members_;  // by collective: its steps
  std::vector<int32_t> transport_;  // by step: the one before it in the issue order whose lane does a transport's work
};

/// Whether a transport's work is done on the step's lane, with a counterpart.
bool meets(const Plan& plan, const Step& step);

/// Sets the offsets of all runs: of each, and of those that it meets.
void share_offsets(const Runs& runs, const Plan& plan, std::vector<Captured>& captures);

}  // namespace stretto::compiling
