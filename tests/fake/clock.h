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
/// for granted. No false alarm then, but a missing wait that a host thread covers by chance is missed.
using Agent = uint32_t;
inline constexpr Agent kHost = 0;

/// By agent, how far its past is known.
class Clock {
 public:
  void merge(const Clock& other) {
    merge_known(other);
    ended_ = ended_ || other.ended_;
  }
  /// The same for the host, which goes on after an abort.
  void merge_known(const Clock& other) {
    for (const auto& [agent, tick] : other.ticks_) {
      auto& mine = ticks_[agent];
      mine = std::max(mine, tick);
    }
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

 private:
  std::map<Agent, uint64_t> ticks_;
  bool ended_ = false;
};

/// Bytes that one operation reads or writes.
struct Access {
  const void* memory;
  uint64_t bytes;
  bool writes;
};

/// The accesses so far, as far as a later one may conflict with them. One thread at a time.
class AccessLog {
 public:
  /// Adds an access of `agent`, whose clock is `now`. Returns what it conflicts with, in words; nothing if all is well,
  /// or if an abort has ended the order.
  std::optional<std::string> add(const Access& access, Agent agent, const Clock& now, const std::string& what);
  /// Nothing is known of these bytes any more: they were given back.
  void forget(const void* memory, uint64_t bytes);

 private:
  struct Record {
    uintptr_t begin, end;
    bool writes;
    Agent agent;
    uint64_t tick;
    std::string what;
  };
  std::vector<Record> records_;
};

}  // namespace stretto::fake
