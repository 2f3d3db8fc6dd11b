// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Vector clocks, and who has touched which bytes: how the fake GPU finds accesses that nothing orders.

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stretto::fake {

/// An agent does one thing after the other: a stream, or a thread of the host. Unless somebody tells what threads say
/// to each other (see Machine::tell_threads_apart), they are one agent, and an order that only the host makes is taken
/// for granted. No false alarm then, but a missing wait that a host thread covers by chance is missed. An agent's
/// number is its own among all processes: the upper bits are its process's, and not 0.
using Agent = uint64_t;
/// The host of a process that bears this number from now on, as no other one does. The agents that follow are its, too.
Agent make_host();
bool of_one_process(Agent one, Agent other);

/// By agent, how far its past is known.
class Clock {
 public:
  void merge(const Clock& other) {
    merge_known(other);
    ended_ = ended_ || other.ended_;
  }
  /// The same for the host, which goes on after an abort.
  void merge_known(const Clock& other) {
    for (const auto& [agent, tick] : other.ticks_) know(agent, tick);
  }
  /// A wait was ended by an abort: what follows runs to no avail, in no order.
  void end() { ended_ = true; }
  bool ended() const { return ended_; }
  uint64_t of(Agent agent) const {
    const auto found = ticks_.find(agent);
    return found == ticks_.end() ? 0 : found->second;
  }
  /// Whether the other one knows all that this one does.
  bool within(const Clock& other) const {
    return std::all_of(ticks_.begin(), ticks_.end(),
                       [&](const auto& entry) { return other.of(entry.first) >= entry.second; });
  }
  /// The next moment of an agent whose clock this is.
  void tick(Agent agent) { ++ticks_[agent]; }
  using Ticks = std::map<Agent, uint64_t>;
  const Ticks& ticks() const { return ticks_; }
  /// Knows of this moment and of all that the agent did before.
  void know(Agent agent, uint64_t moment) {
    auto& mine = ticks_[agent];
    mine = std::max(mine, moment);
  }

 private:
  Ticks ticks_;
  bool ended_ = false;
};

/// Bytes that one operation reads or writes.
struct Access {
  const void* memory;
  uint64_t bytes;
  bool writes;
};

/// An access that has been checked: whose it was, and when.
struct Touch {
  uint64_t begin, end;
  bool writes;
  Agent agent;
  uint64_t tick;
  /// With bytes that count from there on.
  Touch behind(const void* memory) const {
    const auto base = reinterpret_cast<uintptr_t>(memory);
    return {begin - base, end - base, writes, agent, tick};
  }
  bool meets(const Touch& other) const { return begin < other.end && other.begin < end; }
  /// Whether an agent with this clock knows of it.
  bool known_to(const Clock& clock) const { return clock.of(agent) >= tick; }
  /// Whether this one, whose clock is `now`, must be ordered after an earlier one and is not.
  bool conflicts(const Touch& other, const Clock& now) const {
    return meets(other) && (writes || other.writes) && !other.known_to(now);
  }
  /// Whether no later access can conflict with that earlier one and not with this one.
  bool outdates(const Touch& other, const Clock& now) const {
    return meets(other) && other.known_to(now) && begin <= other.begin && other.end <= end &&
           (writes || (!other.writes && other.agent == agent));
  }
};
/// By its address.
Touch touch_of(const Access& access, Agent agent, uint64_t tick);
/// In words: what `mine` conflicts with.
std::string conflict_of(const Touch& mine, const std::string& what, const Touch& other, const std::string& other_what);

/// The accesses so far, as far as a later one may conflict with them. One thread at a time.
class AccessLog {
 public:
  /// Adds an access of `agent`, whose clock is `now`. Returns what it conflicts with, in words; nothing if all is well,
  /// or if an abort has ended the order.
  std::optional<std::string> add(const Access& access, Agent agent, const Clock& now, const std::string& what);
  struct Record {
    Touch touch;
    std::string what;
  };
  /// What is known of these bytes, which is forgotten here.
  std::vector<Record> take(const void* memory, uint64_t bytes);
  /// Nothing is known of these bytes any more: they were given back.
  void forget(const void* memory, uint64_t bytes);

 private:
  std::vector<Record> records_;
};

}  // namespace stretto::fake
