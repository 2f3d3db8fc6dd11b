// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What an instance tells the others in round 0: its address, its ends, and where their slots lie.

#include "message.h"
#include "stretto/transport.h"

#include <map>

namespace stretto::ucx {

/// One slot's memory as its owner sees it, and the key that lets a peer reach it; empty where it has no bytes.
struct AnnouncedSlot {
  uint64_t address;
  std::vector<std::byte> key;
};

/// How UCX reaches the slots of an end.
enum class Reach : uint32_t {
  host,    ///< they lie in host memory
  device,  ///< in memory of a CUDA device, which this UCX knows
  staged,  ///< in memory of a device, and not at all: see staging.h
};

struct AnnouncedEnd {
  uint32_t slots;  ///< of the writer's ring
  uint32_t note_bytes;
  uint64_t slot_bytes;
  uint32_t reader_count;
  Reach reach;
  std::vector<AnnouncedSlot> memory;  ///< the end's own slots; a reader may have another number of them
};

/// One actor's.
struct Announcement {
  Protocol protocol = Protocol::automatic;
  uint64_t piece_bytes = 0;  ///< of staged payloads
  std::vector<std::byte> address;
  std::map<uint32_t, AnnouncedEnd> written;  ///< by channel
  std::map<uint32_t, AnnouncedEnd> read;     ///< by channel
};

std::vector<std::byte> to_bytes(const Announcement& announcement);
/// Throws Code::invalid_argument on anything else than what to_bytes makes. `actor` is said in messages.
Announcement announcement_from(std::span<const std::byte> bytes, uint32_t actor);

/// The other end of a channel that this actor opened. Throws Code::invalid_argument, naming the channel, where the
/// other actor did not open it, or otherwise.
const AnnouncedEnd& matching_end(const std::map<uint32_t, AnnouncedEnd>& ends, const ChannelInfo& channel,
                                 uint32_t actor);

}  // namespace stretto::ucx
