// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// An operational model of running plans: what executors, transports and the driver do, one step at a time, in every
/// order in which they can. It reads a plan as an executor does and shares no code with the compiler.
///
/// Lanes are queues that run their steps in order, round after round, once a round is published; in a blank round a
/// step is passed by. A lane waits for semaphores in rounds, acquires slots, takes messages in order. A buffered
/// channel holds as many messages as it has slots; a rendezvous needs both lanes at once. A group begins as one, its
/// steps meet theirs one by one, each pair of actors in order, and it ends as one; a thread awaits the sizes of what
/// it receives before any of it meets, and a lane's queue gets it once its last step is issued. An asynchronous
/// device's steps run after its thread has issued them, which awaits headers on the way, and must know of what it
/// enqueues: the shapes that an op reads, the status before a state is touched, the event that a lane is to wait for.
/// The driver submits while the window has room, gives blank rounds while it awaits a result, and may do either first.

#include "stretto/plan.h"

#include <optional>
#include <span>

namespace stretto::testing {

/// Where everything stands. Equal states have equal futures.
struct State {
  std::vector<uint16_t> lanes;   ///< steps passed, by lane
  std::vector<uint16_t> met;     ///< by lane: what is over of the group that it stands at, a bit for each step
  std::vector<uint16_t> issued;  ///< steps issued, by actor
  std::vector<int8_t> rounds;    ///< published: the execution that each brings; -1: blank
  int8_t submitted = 0;
  int8_t arrived = 0;

  friend bool operator==(const State&, const State&) = default;
};
struct StateHash {
  size_t operator()(const State& state) const;
};

/// When the driver gives blank rounds: those that the oldest result needs, as ours does, or before they are needed too,
/// as one may that awaits its newest result. What the one can do the other can.
enum class Blanks { when_needed, at_will };

/// Which orders are looked at: all, or those alone that can differ in what goes wrong.
enum class Orders { all, that_differ };

/// The moves that a plan allows. The plan must be consistent, and must outlive this.
class Machine {
 public:
  Machine(const Plan& plan, int8_t executions, Blanks blanks, Orders orders = Orders::that_differ);

  State start() const;
  /// Submits one more execution; false where the window or a slot does not let it.
  bool submit(State& state) const;
  /// Makes every move that only lets others go on, and that hides nothing that could go wrong before it: blank passes,
  /// issuing, arrivals, and what all whom it concerns await by themselves. No move ever takes another one's chance
  /// away, so making these at once loses nothing. What went wrong, and then there may be more to make; empty: nothing.
  std::string settle(State& state) const;
  /// The states behind the other moves. `wrong` gets what goes wrong in one of them.
  std::vector<State> moves(const State& state, std::string& wrong) const;
  /// Whether all executions have arrived and all lanes have passed all rounds.
  bool done(const State& state) const;
  /// Names what stands still, for messages.
  std::string describe(const State& state) const;

 private:
  struct Front {
    uint32_t step;
    int64_t round;
  };
  /// Steps that are over at once: one, or a SEND and a RECEIVE that meet.
  using Move = std::vector<uint32_t>;
  int execution_in(const State& state, int64_t round) const;
  int round_of(const State& state, int execution) const;
  bool completed(const State& state, uint32_t step, int execution) const;
  bool issued(const State& state, uint32_t step, int execution) const;
  std::optional<Front> front(const State& state, uint32_t lane) const;
  bool blank(const State& state, uint32_t step, int64_t round) const;
  bool is_issued_in(const State& state, uint32_t step, int64_t round) const;
  bool may_start(const State& state, uint32_t step, int64_t round) const;
  bool released(const State& state, uint32_t channel, int execution) const;
  bool stateful(uint32_t step) const;
  bool header_known(const State& state, uint32_t receive, uint32_t step, int execution) const;
  bool status_known(const State& state, uint32_t ring, int execution) const;
  std::string check_issue(const State& state, uint32_t step, int64_t round, int execution) const;
  bool issue_one(State& state, uint32_t actor, std::string& wrong) const;
  /// The steps that begin as one with this one, from it on.
  std::span<const uint32_t> transition(uint32_t step) const;
  /// Whether a lane stands at steps that bring an execution and may all start.
  bool begun(const State& state, uint32_t lane) const;
  bool begun(const State& state, uint32_t step, int execution) const;
  /// Whether what it stands at may also meet.
  bool sized(const State& state, uint32_t lane) const;
  bool enqueued_in(const State& state, uint32_t step, int64_t round) const;
  bool over(const State& state, uint32_t step) const;
  std::optional<Move> meeting(const State& state, uint32_t send, std::string& wrong) const;
  std::vector<Move> moves_of(const State& state, uint32_t lane, std::string& wrong) const;
  /// Passes what is blank and makes the harmless moves of a lane; whether there were any.
  bool pass_on(State& state, uint32_t lane, std::string& wrong) const;
  bool awaits(uint32_t step, uint32_t other, int tokens) const;
  bool awaits_headers(uint32_t receive, uint32_t other) const;
  void find_harmless();
  std::string check(const State& state, uint32_t step, int execution) const;
  std::string check_write(const State& state, uint32_t step, uint32_t ring, int execution) const;
  std::string make(State& state, const Move& move) const;
  bool arrive(State& state) const;
  int blanks_behind(const State& state) const;
  bool drained(const State& state) const;

  const Plan& plan_;
  int8_t executions_;
  Blanks blanks_;
  int max_offset_ = 0;
  bool looks_ahead_ = false;                      ///< some step waits for a later round than its own
  std::vector<std::vector<uint32_t>> releasing_;  // by channel
  std::vector<std::vector<uint32_t>> readers_;    // by ring: steps, through views too; not SENDs over shared slots
  std::vector<std::vector<uint32_t>> transfers_;  // by ring: RECEIVEs that a copying transport reads it for
  std::vector<int32_t> writer_;                   // by ring: step of the ring's own actor
  std::vector<int32_t> before_;                   // by step: COMPUTE that is written before it
  std::vector<size_t> issue_position_;            // by step; beyond any turn where no thread issues it
  std::vector<bool> to_driver_;                   // by ring: the driver reads it
  std::vector<uint32_t> output_sends_;
  std::vector<bool> harmless_;  // by step: whatever must follow it awaits it by itself
};

}  // namespace stretto::testing
