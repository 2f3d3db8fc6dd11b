// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The control words of one slot, in memory that the actors share, and the protocol between writer and readers.
///
/// One slot of k serves the executions e ≡ s (mod k), in order. Its words hold "execution + 1", 0 for none:
///   published.execution  written by the writer alone
///   released.execution   one for each reader, written by that reader alone
///
///   writer, e: acquire  waits until every released.execution >= e - k + 1     load acquire
///              fills payload, note, bytes                                     plain stores
///              send     published.execution = e + 1                           store release, then wakes the readers
///   reader, e: receive  waits until published.execution >= e + 1              load acquire
///              reads payload, note, bytes                                     plain loads
///              release  released.execution = e + 1                            store release, then wakes the writer
///
/// The payload is race-free. Each word has one writer and only grows, so a wait that was satisfied stays so.
/// receive(e) reads from send(e) or a later store of the same slot; later is impossible before this reader's
/// release(e), because acquire(e + k) waits for it. So all plain stores for e happen before the reader's loads (release
/// to acquire), and those loads happen before the writer's stores for e + k (the reader's release to the writer's
/// acquire). Words are kept for each slot, not for each channel: a reader may give up executions of its window in any
/// order. The writer waits for one reader after the other; as the conditions only ever become true, that is waiting for
/// all.
///
/// No wake-up is lost: the store of a word precedes wake_all on the spot beside it; see stretto/parking.h. A waiter
/// parks in the kernel on a spot in the shared memory, so it is woken from any process. abort() raises a flag of its
/// own process, which is part of every condition, and wakes every spot that a thread of its instance may sleep on.
///
/// A dead peer stores nothing more: its partner's waits end at their deadlines or by abort.

#include "stretto/parking.h"

#include <atomic>
#include <cstdint>

namespace stretto::shm {

/// Processors fetch lines in pairs; words of different writers stay this far apart.
inline constexpr uint64_t kSeparation = 128;

/// The note follows at once, at the next multiple of 64.
struct alignas(64) Published {
  std::atomic<uint64_t> execution;
  ParkingSpot readers;
  uint64_t bytes;
};

struct alignas(kSeparation) Released {
  std::atomic<uint64_t> execution;
  ParkingSpot writer;
};

static_assert(sizeof(Published) == 64 && sizeof(Released) == kSeparation);
static_assert(std::atomic<uint64_t>::is_always_lock_free && std::atomic<uint32_t>::is_always_lock_free);

}  // namespace stretto::shm
