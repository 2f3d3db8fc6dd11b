// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a writing instance tells the others in round 0: its memory and where each of its channels lies.

#include "layout.h"
#include "memory.h"

#include <map>

namespace stretto::shm {

/// One actor's. Without channels it names no memory.
struct Announcement {
  struct Entry {
    uint32_t slots;
    uint32_t note_bytes;
    uint64_t slot_bytes;
    uint64_t reader_count;
    uint64_t words;
    Placement placement;
  };
  Nonce nonce{};
  uint64_t bytes = 0;
  uint64_t payload_begin = 0;
  std::map<uint32_t, Entry> channels;  ///< by id
};

std::vector<std::byte> to_bytes(const Announcement& announcement);
/// Throws Code::invalid_argument on anything else than what to_bytes makes. `actor` is said in messages.
Announcement announcement_from(std::span<const std::byte> bytes, uint32_t actor);

/// The place of a reader's channel. Throws Code::invalid_argument, naming the channel, where the writer opened it
/// otherwise or it would lie outside of the memory.
Placement placement_in(const Announcement& announcement, const ChannelInfo& channel);

}  // namespace stretto::shm
