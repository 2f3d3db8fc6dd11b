// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The two ends of a channel. Thread rule of both: one thread at a time for each call of the boundary, different calls
/// and different ends concurrently. What is marked "engine" is called by the engine's holder alone (worker.h); it and
/// the calls share atomic marks, "execution + 1", and what is written before a mark is raised.

#include "pieces.h"

namespace stretto::ucx {

/// Memory of one slot, and its registration if it is not UCX's own.
struct BoundSlot {
  std::byte* memory = nullptr;
  Registration registration;
};

class End : public ChannelEnd {
 public:
  End(ChannelInfo channel, Wiring& wiring) : channel_(std::move(channel)), wiring_(wiring) {}
  const ChannelInfo& channel() const { return channel_; }
  void bind(uint32_t slot, void* memory, uint64_t bytes) override;
  /// What to tell the other actors of this end. Throws Code::invalid_argument where a slot was not bound.
  AnnouncedEnd announced() const;
  /// Wakes every thread that may sleep in a call of this end. Any thread.
  virtual void wake() noexcept = 0;
  /// Gives the memory back to who owns it. Once nothing is under way.
  void unregister() { slots_.clear(); }

 protected:
  /// How an execution stands in a mark; 0 is "none yet".
  static uint64_t mark_of(int64_t execution) { return static_cast<uint64_t>(execution) + 1; }
  static std::string named(uint64_t mark);
  /// The slot of the writer's ring. Throws Code::invalid_argument for a negative execution or before it is connected.
  uint64_t place_of(int64_t execution, bool connected) const;
  bool aborted() const { return wiring_.aborted.load(std::memory_order_seq_cst); }
  /// Waits until `ready()`. False at the deadline. Throws Code::cancelled after abort.
  template <class Ready>
  bool wait(ParkingSpot& spot, Ready&& ready, Deadline deadline) const {
    const bool ended = wiring_.worker.wait(
        spot, [&] { return aborted() || ready(); }, deadline);
    if (aborted()) throw error(Code::cancelled, "the wait ended: the transport was aborted");
    return ended;
  }
  Error error(Code code, const std::string& what) const { return {code, "channel '" + channel_.name + "': " + what}; }
  Error gone(const Peer& peer) const;
  Wiring& wiring() const { return wiring_; }
  /// How a payload goes from the writer's slots to a reader's.
  enum class Way { host, device, pieces };
  static Way way_between(Reach here, Reach there) {
    if (here == Reach::staged || there == Reach::staged) return Way::pieces;
    return here == Reach::host && there == Reach::host ? Way::host : Way::device;
  }
  /// This end's own slot, of as many as were bound.
  std::byte* memory(int64_t execution) const { return bound(execution).memory; }
  /// Its registration where UCX reaches it in a device's memory; else null.
  const Registration* device(int64_t execution) const {
    return wiring_.reach == Reach::device ? &bound(execution).registration : nullptr;
  }

 private:
  const BoundSlot& bound(int64_t execution) const { return slots_[static_cast<uint64_t>(execution) % slots_.size()]; }
  const ChannelInfo channel_;
  Wiring& wiring_;
  std::vector<BoundSlot> slots_;
};

/// A reader's slots as the writer reaches them, or the writer's as a reader does.
class RemoteRing {
 public:
  RemoteRing() = default;
  RemoteRing(const Endpoint& endpoint, const AnnouncedEnd& end);
  struct Slot {
    uint64_t address;
    RemoteKey key;
    const std::byte* here;  ///< where this process can read it by itself; null where it can't
  };
  bool empty() const { return slots_.empty(); }
  const Slot& at(int64_t execution) const { return slots_[static_cast<uint64_t>(execution) % slots_.size()]; }

 private:
  std::vector<Slot> slots_;
};

class WriterEnd final : public End {
 public:
  WriterEnd(ChannelInfo info, Wiring& wires);
  ~WriterEnd() override;
  /// A reader, as it announced its end, and its slots where this end writes them.
  struct Reading {
    Peer* peer;
    Reach reach;
    RemoteRing ring;
  };
  /// `readers`: in the channel's order. Before any call below.
  void connect(std::vector<Reading> readers);
  void acquire(int64_t execution, Deadline deadline) override;
  /// Never blocks. Throws Code::overloaded for more bytes than the slot has, Code::invalid_argument for a slot that was
  /// not acquired or an execution out of turn.
  void send(int64_t execution, uint64_t bytes, const void* note, Deadline deadline) override;
  void wake() noexcept override;
  void on_done(uint32_t actor, uint32_t low);    ///< engine; the low half of an execution
  void on_wanted(uint32_t actor, uint32_t low);  ///< engine
  void drop_keys();                              ///< engine; once nothing is under way

 private:
  struct Delivery;
  struct Slot;
  void announce(Slot& slot);
  void fail(Result result);
  size_t place_of_reader(uint32_t actor) const;
  Slot& slot_of(int64_t execution) const { return *slots_[static_cast<uint64_t>(execution) % slots_.size()]; }
  std::vector<Reading> readers_;
  std::vector<std::unique_ptr<Slot>> slots_;
  int64_t latest_ = 0;  ///< announced last; engine
  // What the device made of a slot that was to be sent. Written once, before the flag.
  Code failure_code_ = Code::ok;
  std::string failure_;
  std::atomic<bool> failed_{false};
};

class ReaderEnd final : public End {
 public:
  ReaderEnd(ChannelInfo info, Wiring& wires);
  ~ReaderEnd() override;
  /// `reach`: of the writer's slots. Before any call below.
  void connect(Peer& writer, Reach reach, RemoteRing ring);
  /// At its deadline a transfer that has begun goes on: the next receive of the same execution waits for its end.
  uint64_t receive(int64_t execution, void* note, Deadline deadline) override;
  /// Throws Code::invalid_argument for an execution that was not received, or was released before.
  void release(int64_t execution) override;
  void wake() noexcept override;
  /// Engine. `rest`: what came behind the header: the note, and behind that a payload of a few bytes, unless `arrival`
  /// has one. True keeps the rendezvous.
  bool on_message(const Header& header, std::span<const std::byte> rest, const Arrival& arrival);
  /// Engine; as on_message.
  bool on_piece(const Header& header, std::span<const std::byte> rest, const Arrival& arrival);
  void on_landed(uint32_t low);  ///< engine; the low half of an execution
  void on_failed(uint32_t low);  ///< engine
  /// Engine: gives up the rendezvous that nobody will receive. Once no receive is under way.
  void drop_rendezvous();
  void drop_keys() { ring_ = {}; }  ///< engine; once nothing is under way

 private:
  struct Slot;
  Slot& slot_of(int64_t execution) const { return *slots_[static_cast<uint64_t>(execution) % slots_.size()]; }
  void want(Slot& slot);
  /// `payload`: what was brought with the message, if it was.
  void bring(Slot& slot, std::span<const std::byte> payload);
  void ask(Slot& slot);
  void arrived(Slot& slot, Result result);
  void give_back(Slot& slot);
  Peer* writer_ = nullptr;
  Way way_ = Way::host;
  RemoteRing ring_;
  std::vector<std::unique_ptr<Slot>> slots_;  // as many as the writer's ring has
  int64_t latest_ = 0;                        ///< announced last; engine
};

}  // namespace stretto::ucx
