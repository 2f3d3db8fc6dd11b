// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// An operational model of running plans: what executors, transports and the driver do, one step at a time, in every
/// order in which they can. It reads a plan as an executor does and shares no code with the compiler.
///
/// Lanes are queues that run their steps in order, round after round, once a round is published; in a blank round a
/// step is passed by. A lane waits for semaphores in rounds, acquires slots, takes messages in order. A buffered
/// channel holds as many messages as it has slots; a rendezvous needs both lanes at once. An asynchronous device's
/// steps run after its thread has issued them, which awaits headers on the way. The driver submits while the window has
/// room, gives blank rounds while it awaits a result, and may do either first.

#include "stretto/plan.h"

#include <optional>

namespace stretto::testing {

/// Where everything stands. Equal states have equal futures.
struct State {
  std::vector<uint16_t> lanes;   ///< steps passed, by lane
  std::vector<uint16_t> issued;  ///< steps issued, by actor
  std::vector<int8_t> rounds;    ///< published: the execution that each brings; -1: blank
  int8_t submitted = 0;
  int8_t arrived = 0;

  friend bool operator==(const State&, const State&) = default;
};
struct StateHash {
  size_t operator()(const State& state) const;
};

/// The moves that a plan allows. The plan must be consistent, and must outlive this.
class Machine {
 public:
  Machine(const Plan& plan, int8_t executions);

  State start() const;
  /// Makes every move that only lets others go on and that nothing can go wrong in: blank passes, issuing, messages
  /// over shared slots, arrivals. No move ever takes another one's chance away, so making these at once loses nothing.
  /// What went wrong; empty: nothing.
  std::string settle(State& state) const;
  /// The states behind the other moves. `wrong` gets what goes wrong in one of them.
  std::vector<State> moves(const State& state, std::string& wrong) const;
  /// Whether all executions have arrived and all lanes have passed all rounds.
  bool done(const State& state) const;
  /// Names what stands still, for messages.
  std::string describe(const State& state) const;

 private:
  struct Reach {
    std::vector<uint32_t> steps;
    int64_t round = 0;
  };
  int execution_in(const State& state, int64_t round) const;
  int round_of(const State& state, int execution) const;
  bool completed(const State& state, uint32_t step, int execution) const;
  bool issued(const State& state, uint32_t step, int execution) const;
  std::optional<std::pair<uint32_t, int64_t>> front(const State& state, uint32_t lane) const;
  bool blank(const State& state, uint32_t step, int64_t round) const;
  bool is_issued_in(const State& state, uint32_t step, int64_t round) const;
  bool may_start(const State& state, uint32_t step, int64_t round) const;
  bool released(const State& state, uint32_t channel, int execution) const;
  bool header_known(const State& state, uint32_t receive, uint32_t step, int execution) const;
  bool issue_one(State& state, uint32_t actor) const;
  bool harmless(uint32_t step) const;
  /// The lanes that move together with this one now; empty: it can't move.
  std::vector<uint32_t> together(const State& state, uint32_t lane) const;
  std::string check(const State& state, uint32_t step, int execution) const;
  std::string check_write(const State& state, uint32_t step, uint32_t ring, int execution) const;
  std::string advance(State& state, const std::vector<uint32_t>& lanes) const;
  bool arrive(State& state) const;
  bool drained(const State& state) const;

  const Plan& plan_;
  int8_t executions_;
  int max_offset_ = 0;
  bool looks_ahead_ = false;                      ///< some step waits for a later round than its own
  std::vector<std::vector<uint32_t>> releasing_;  // by channel
  std::vector<std::vector<uint32_t>> readers_;    // by ring: steps, through views too; not SENDs over shared slots
  std::vector<std::vector<uint32_t>> transfers_;  // by ring: RECEIVEs that a copying transport reads it for
  std::vector<int32_t> writer_;                   // by ring: step of the ring's own actor
  std::vector<int32_t> before_;                   // by step: COMPUTE that is written before it
  std::vector<uint32_t> issue_position_;          // by step
  std::vector<bool> to_driver_;                   // by ring: the driver reads it
  std::vector<uint32_t> output_sends_;
};

}  // namespace stretto::testing
