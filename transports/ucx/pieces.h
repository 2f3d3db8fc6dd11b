// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A payload in pieces, of one slot to one reader. Where an end is staged, so travels all that is larger than the eager
/// size, or that leaves a device: each piece is a rendezvous of its own. Engine's holder alone.
///
///   writer: `wanted` came   begin; for each piece: (out of the device,) `piece` with its number, rendezvous
///   reader: each `piece`    gets it into its slot, or into a piece of its stage and from there into the device
///           all are there   ended
///
/// Pieces are told by number, so they may come in any order. What is under way when one of them fails ends first.

#include "control_word.h"
#include "wiring.h"

namespace stretto::ucx {

/// How many pieces so many bytes have.
constexpr uint64_t pieces_of(uint64_t bytes, uint64_t piece_bytes) { return (bytes + piece_bytes - 1) / piece_bytes; }

class Outgoing {
 public:
  using Ended = void (*)(void* owner, Result result);
  /// `ended` is called once a begin, with Code::cancelled where it was given up.
  Outgoing(const Wiring& wiring, const ChannelInfo& channel, Peer& reader, Ended ended, void* owner);
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;
  ~Outgoing();
  bool running() const { return running_; }
  /// `from` stays untouched until it has ended. `device`: its registration where UCX reaches it in a device's memory.
  void begin(int64_t execution, const std::byte* from, uint64_t bytes, const Registration* device);

 private:
  struct Flight;
  bool given_up() const { return !result_.ok() || wiring_.aborted || reader_.gone(); }
  void go_on();
  void launch(Flight& flight, std::byte* piece);
  void copied(Flight& flight, Result result);
  void send(Flight& flight, const std::byte* from);
  void sent(Flight& flight, Result result);
  void land(Flight& flight);
  void tell_failure();
  const std::byte* at(const Flight& flight) const;
  uint64_t length(const Flight& flight) const;

  const Wiring& wiring_;
  Peer& reader_;
  const Ended ended_;
  void* const owner_;
  Waiter waiter_;
  ControlWord failed_word_;
  Operation failed_;
  std::vector<std::unique_ptr<Flight>> flights_;
  const std::byte* from_ = nullptr;
  const Registration* device_ = nullptr;
  uint64_t bytes_ = 0;
  uint64_t count_ = 0;
  uint64_t next_ = 0;
  uint64_t under_way_ = 0;
  Result result_;
  bool running_ = false;
  bool launching_ = false;
};

class Incoming {
 public:
  using Ended = void (*)(void* owner, Result result);
  /// For payloads of up to `most_bytes`. `ended` is called once a begin, unless the transport ends before.
  Incoming(const Wiring& wiring, const Peer& writer, uint64_t most_bytes, Ended ended, void* owner);
  Incoming(const Incoming&) = delete;
  Incoming& operator=(const Incoming&) = delete;
  ~Incoming();
  /// Pieces of so many bytes, one or more, are to come to `to`. `device`: its registration where UCX reaches it in a
  /// device's memory.
  void begin(std::byte* to, uint64_t bytes, const Registration* device);
  /// The same bytes are here, no more than a piece has; they stay untouched until it has ended.
  void begin(std::byte* to, std::span<const std::byte> brought);
  enum class Taken { kept, given_up, unexpected };
  /// One piece. Unexpected: there is none of that number and length to come.
  Taken take_up(uint64_t number, void* rendezvous, uint64_t bytes);
  /// The writer can't go on.
  void fail(Result result);
  /// Gives up what nobody will get. Once nothing is under way.
  void drop();

 private:
  struct Part;
  bool given_up() const { return !result_.ok() || wiring_.aborted || writer_.gone(); }
  uint64_t length(const Part& part) const;
  void start(Part& part);
  void fetched(Part& part, Result result);
  void copied(Part& part, Result result);
  void end(Part& part, Result result);
  void settle();

  const Wiring& wiring_;
  const Peer& writer_;
  const Ended ended_;
  void* const owner_;
  std::vector<std::unique_ptr<Part>> parts_;  // by number
  std::byte* to_ = nullptr;
  const Registration* device_ = nullptr;
  uint64_t bytes_ = 0;
  uint64_t count_ = 0;
  uint64_t landed_ = 0;
  uint64_t under_way_ = 0;
  Result result_;
  bool running_ = false;
};

}  // namespace stretto::ucx
