// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The meeting point of one run's actors, with NCCL's rules: each actor's transitions happen in the order in which they
/// were issued, one at a time; a send and its receive are one; per pair of actors the n-th send meets the n-th receive;
/// a collective is one of all its members.

#include "async_lane.h"
#include "collective.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace stretto::testing {

/// One send or receive, or a part in a collective.
struct Operation {
  bool sends = false;
  uint32_t peer = 0;
  uint32_t channel = 0;
  std::string name;  // the channel's
  void* memory = nullptr;
  uint64_t bytes = 0;
  bool met = false;
  /// Its members are actors of this communicator. `memory` is its result, `input` null where the member has none.
  std::shared_ptr<const CollectiveInfo> collective{};
  const void* input = nullptr;
  bool captured = false;  // by all that meet, or by none
};

/// One operation, or a group of them. Shared by the communicator and the lane that waits.
struct Transition {
  std::vector<Operation> operations;
  bool reached = false;  // the lane has come to it. Guarded by the communicator
  std::shared_ptr<Bell> bell;
  std::atomic<bool> complete{false};
};

/// Any thread.
class Communicator {
 public:
  /// Appends to the actor's order. Nothing moves before it is reached.
  void issue(uint32_t actor, const std::shared_ptr<Transition>& transition);
  /// The lane has come to it: whatever can meet now, meets. Throws Code::internal when the rules are broken.
  void reach(uint32_t actor, const std::shared_ptr<Transition>& transition);
  /// Blocks until it is complete. Throws Code::cancelled after this actor's abort, Code::internal when rules are
  /// broken.
  void await(uint32_t actor, const Transition& transition);
  void abort(uint32_t actor);

 private:
  struct Actor {
    std::deque<std::shared_ptr<Transition>> issued;
    bool aborted = false;
  };
  Transition* head(uint32_t actor);
  void settle();
  bool meet_peer(uint32_t actor, Operation& operation);
  bool meet_members(uint32_t actor, const Operation& operation);
  std::vector<uint32_t> missing_for(const Operation& operation);
  void find_circle(uint32_t actor);
  void break_down(const std::string& message);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint32_t, Actor> actors_;
  std::string broken_;
};

}  // namespace stretto::testing
