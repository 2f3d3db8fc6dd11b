// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The control words that actors send each other, and the protocol between writer and readers.
///
///   writer, e: acquire  waits until every reader said `done` of e - k
///              send     `message`: execution, bytes, note; and the payload itself where it is no larger than
///              eager_bytes
///   reader, e: receive  the payload, from now on and not before:
///                         auto  reads it from the writer's slot where that is mapped here, else as am
///                         get   reads it from the writer's slot                        (one-sided)
///                         put   `wanted`; the writer writes it, waits until it is there (flush), says `landed`
///                         am    accepts the rendezvous that `message` began: UCX reads, or has it sent
///              release  `done`, by itself or with the next `message` to that actor
///
/// Each word names channel and execution, so nothing depends on the order in which words arrive, and none of them is
/// sent twice. A slot of k serves the executions e ≡ s (mod k) in order, as message e + k needs done e.

#include <cstdint>
#include <type_traits>

namespace stretto::ucx {

enum class Kind : uint32_t { hello = 1, message = 2, wanted = 3, landed = 4, done = 5 };

/// Plain bytes, of one byte order: the plan's hash, which all actors compare, would be another on another machine.
struct Header {
  Kind kind;
  uint32_t actor;  ///< the sender
  uint32_t channel;
  uint32_t done_channel;  ///< of a message: the channel of which it says `done` too, plus one; 0: of none
  uint64_t execution;
  uint64_t bytes;  ///< of a message; its note follows
  uint64_t done_execution;
};
static_assert(std::has_unique_object_representations_v<Header> && sizeof(Header) == 40);

/// How payloads above the eager size travel. UCX 1.13 reads one-sidedly only from memory that is mapped or behind a
/// network adapter, and imitates the rest by copies in active messages; its rendezvous knows cma and writes whole
/// buffers to sockets.
enum class Protocol : uint32_t { automatic, get, put, am };

}  // namespace stretto::ucx
