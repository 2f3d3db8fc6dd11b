// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The control words that actors send each other, and the protocol between writer and readers.
///
///   writer, e: acquire  waits until every reader said `done` of e - k
///              send     `message`: note and payload, of which UCX keeps what is larger than eager_bytes (rendezvous);
///                       or, of get and put, `promise`: note and bytes of a payload larger than that
///   reader, e: receive  the payload, from now on and not before:
///                         auto  copies it from the writer's slot where that is mapped here, else as am
///                         get   has UCX read it from the writer's slot                 (one-sided)
///                         put   `wanted`; the writer writes it, waits until it is there (flush), says `landed`
///                         am    accepts the rendezvous that `message` began: UCX reads, or has it sent
///                       Where a slot lies in a device's memory, whatever the protocol: as am where UCX knows that
///                       memory; else, of `promise`, `wanted`, and the writer sends `piece` after `piece` (pieces.h),
///                       or says `failed` where it can't
///              release  `done`, by itself or with the next `message` or `promise` to that actor
///
/// Each word names channel and execution, so nothing depends on the order in which words arrive, and none of them is
/// sent twice. A slot of k serves the executions e ≡ s (mod k) in order, as message e + k needs done e. So the words of
/// a channel that are under way are of executions less than 2k apart, and the low half of an execution's number names
/// it to who knows another one of them.

#include <cstdint>
#include <type_traits>

namespace stretto::ucx {

enum class Kind : uint8_t {
  hello = 1,
  message = 2,
  wanted = 3,
  landed = 4,
  done = 5,
  promise = 6,
  piece = 7,
  failed = 8
};

/// Plain bytes, of one byte order: the plan's hash, which all actors compare, would be another on another machine.
/// Short: with what UCX puts before it, and 8 bytes of payload behind it, it fits into one cache line.
struct Header {
  uint32_t kind : 8;
  uint32_t actor : 24;      ///< the sender
  uint32_t channel;         ///< of a message or promise, the note follows; of a piece, its number in 8 bytes
  uint32_t execution;       ///< its low half, as the next one
  uint32_t done_execution;  ///< of a message or promise
  uint32_t done_channel;    ///< the channel of which it says `done` too, plus one; 0: of none
};
static_assert(std::has_unique_object_representations_v<Header> && sizeof(Header) == 20);
inline constexpr uint32_t kMostActors = 1U << 24;

/// The execution with that low half which is nearest to another.
constexpr int64_t whole(uint32_t low, int64_t near) {
  return near + static_cast<int32_t>(low - static_cast<uint32_t>(near));
}
static_assert(whole(3, 1) == 3 && whole(1, 3) == 1);
static_assert(whole(1, INT64_C(0x1'ffff'ffff)) == INT64_C(0x2'0000'0001), "on beyond the low half");
static_assert(whole(0xffff'ffff, INT64_C(0x2'0000'0001)) == INT64_C(0x1'ffff'ffff), "and back");

/// How payloads of host memory above the eager size travel. UCX 1.13 reads one-sidedly only from memory that is mapped
/// or behind a network adapter, and imitates the rest by copies in active messages; its rendezvous knows cma and writes
/// whole buffers to sockets.
enum class Protocol : uint32_t { automatic, get, put, am };

}  // namespace stretto::ucx
