// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The two ends of a channel. Thread rule of both: one thread at a time for each call, different calls and different
/// ends concurrently. The argument for that stands in slot.h.

#include "layout.h"
#include "memory.h"

#include <optional>

namespace stretto::shm {

/// What all ends of one instance share.
struct Waiting {
  std::atomic<bool> aborted{false};
  std::chrono::nanoseconds spin{0};  ///< before a thread parks
};

/// An end before and after it has its memory.
class End : public ChannelEnd {
 public:
  End(ChannelInfo channel, const Waiting& waiting) : channel_(std::move(channel)), waiting_(waiting) {}
  const ChannelInfo& channel() const { return channel_; }
  /// Called once, before any other call.
  void attach(std::shared_ptr<Memory> memory, Placement placement);
  void* slot(uint32_t index) override;
  /// Of channels with words, the writer's before attach and the reader's after it.
  void offer_memory(const Exported& exported) override;
  Exported offered_memory() override;
  std::atomic<uint64_t>& word(uint32_t index) override;
  /// Wakes every thread that may sleep in a call of this end. Any thread, also before attach.
  virtual void wake() noexcept = 0;

 protected:
  /// The slot of this execution. Throws Code::invalid_argument for a negative one or before attach.
  uint64_t slot_of(int64_t execution) const;
  bool aborted() const { return waiting_.aborted.load(std::memory_order_seq_cst); }
  /// Waits on `spot` until `ready()`. False at the deadline. Throws Code::cancelled after abort.
  template <class Ready>
  bool wait(ParkingSpot& spot, Ready&& ready, Deadline deadline) const {
    const bool ended = spot.wait([&] { return aborted() || ready(); }, deadline, waiting_.spin);
    if (aborted()) throw error(Code::cancelled, "the wait ended: the transport was aborted");
    return ended;
  }
  Error error(Code code, const std::string& what) const;
  const ChannelView& view() const { return view_; }

 private:
  const ChannelInfo channel_;
  const Waiting& waiting_;
  std::shared_ptr<Memory> memory_;
  ChannelView view_;
  std::optional<Exported> offered_;
};

class WriterEnd final : public End {
 public:
  using End::End;
  void acquire(int64_t execution, Deadline deadline) override;
  /// Never blocks. Throws Code::overloaded for more bytes than the slot has, Code::invalid_argument for a slot that was
  /// not acquired or an execution out of turn.
  void send(int64_t execution, uint64_t bytes, const void* note, Deadline deadline) override;
  void wake() noexcept override;
};

class ReaderEnd final : public End {
 public:
  /// `place`: this actor's in the channel's list of readers.
  ReaderEnd(ChannelInfo channel, const Waiting& waiting, uint64_t place)
      : End(std::move(channel), waiting), place_(place) {}
  uint64_t receive(int64_t execution, void* note, Deadline deadline) override;
  /// Throws Code::invalid_argument for an execution that is not in its slot, or was released before.
  void release(int64_t execution) override;
  void wake() noexcept override;

 private:
  const uint64_t place_;
};

}  // namespace stretto::shm
