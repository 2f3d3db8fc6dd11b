// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "clock.h"

namespace stretto::fake {

std::optional<std::string> AccessLog::add(const Access& access, Agent agent, const Clock& now,
                                          const std::string& what) {
  if (access.bytes == 0 || now.ended()) return std::nullopt;
  const Record mine{reinterpret_cast<uintptr_t>(access.memory),
                    reinterpret_cast<uintptr_t>(access.memory) + access.bytes,
                    access.writes,
                    agent,
                    now.of(agent),
                    what};
  std::optional<std::string> conflict;
  std::erase_if(records_, [&](const Record& other) {
    if (other.end <= mine.begin || mine.end <= other.begin) return false;
    const bool before = now.of(other.agent) >= other.tick;
    if (!before && (mine.writes || other.writes) && !conflict)
      conflict = mine.what + (mine.writes ? " writes" : " reads") + " what " + other.what +
                 (other.writes ? " writes" : " reads") + ", and nothing orders the two";
    // What a later access covers can't tell more than that access.
    const bool covered = mine.begin <= other.begin && other.end <= mine.end;
    return before && covered && (mine.writes || (!other.writes && other.agent == mine.agent));
  });
  records_.push_back(mine);
  return conflict;
}

void AccessLog::forget(const void* memory, uint64_t bytes) {
  const auto begin = reinterpret_cast<uintptr_t>(memory);
  std::erase_if(records_, [&](const Record& record) { return record.begin < begin + bytes && begin < record.end; });
}

}  // namespace stretto::fake
