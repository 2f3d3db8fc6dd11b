// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "clock.h"

#include <sys/random.h>

namespace stretto::fake {
namespace {

constexpr unsigned kAgentBits = 24;

}  // namespace

Agent make_host() {
  Agent process = 0;
  while (process == 0) {
    while (getrandom(&process, sizeof process, 0) != sizeof process) {
    }
    process = process >> kAgentBits << kAgentBits;
  }
  return process;
}

bool of_one_process(Agent one, Agent other) { return one >> kAgentBits == other >> kAgentBits; }

Touch touch_of(const Access& access, Agent agent, uint64_t tick) {
  const auto begin = reinterpret_cast<uintptr_t>(access.memory);
  return {begin, begin + access.bytes, access.writes, agent, tick};
}

std::string conflict_of(const Touch& mine, const std::string& what, const Touch& other, const std::string& other_what) {
  return what + (mine.writes ? " writes" : " reads") + " what " + other_what + (other.writes ? " writes" : " reads") +
         ", and nothing orders the two";
}

std::optional<std::string> AccessLog::add(const Access& access, Agent agent, const Clock& now,
                                          const std::string& what) {
  if (access.bytes == 0 || now.ended()) return std::nullopt;
  const Touch mine = touch_of(access, agent, now.of(agent));
  std::optional<std::string> conflict;
  std::erase_if(records_, [&](const Record& other) {
    if (!conflict && mine.conflicts(other.touch, now)) conflict = conflict_of(mine, what, other.touch, other.what);
    return mine.outdates(other.touch, now);
  });
  records_.push_back({mine, what});
  return conflict;
}

std::vector<AccessLog::Record> AccessLog::take(const void* memory, uint64_t bytes) {
  const Touch all = touch_of({memory, bytes, true}, 0, 0);
  std::vector<Record> taken;
  std::erase_if(records_, [&](const Record& record) {
    if (all.meets(record.touch)) taken.push_back(record);
    return all.meets(record.touch);
  });
  return taken;
}

void AccessLog::forget(const void* memory, uint64_t bytes) { take(memory, bytes); }

}  // namespace stretto::fake
