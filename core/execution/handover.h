// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Hands slots over between the lanes of actors that share a device, without a copy and without the host: the channels
/// with `device_slots`.
///
/// The slots are those of the writer's ring, one piece of the device's memory for all of them, which Slots has exported
/// when the plan opened and each reader imported. A channel has these words in memory that all its actors map, each the
/// counter of a timeline semaphore that lanes raise and await (stretto_device_api::semaphore_at):
///   published             raised by the lane of SEND
///   released[reader][p]   raised by the lane of that reader's p-th step that reads the slot, as the plan lists them
///   use[reader]           no semaphore: how that reader stands to the memory, for the host
///
///   writer, e: acquire  its lane waits until every released is e + 1 - k, for k slots
///              COMPUTE  writes slot e mod k
///              SEND     its lane raises published to e + 1
///   reader, e: RECEIVE  its lane waits until published is e + 1
///              reads    on whatever lanes, behind RECEIVE by the plan's own waits
///              release  the lane of each reading step raises its released to e + 1, behind it
///
/// The slot is race-free. Steps run in the order of executions on their one lane, so each word has one raiser and only
/// grows, and a wait that was satisfied stays so. RECEIVE of e waits for SEND of e or later, and SEND follows COMPUTE
/// of e; so COMPUTE's writes precede the reads of e. COMPUTE of e + k waits for the released of e of every step that
/// reads, so those reads precede its writes. That is what the verifier takes acquires and releases for: the constraints
/// `message` and `release` of core/compile/constraints.h, for this channel as for those where the host does it.
///
/// A wait may be enqueued before the signal that it waits for, since a word is compared with a value. So no issuing
/// thread waits for another one, and the order of issue has no constraint over actors. (An event would not do: one that
/// has not been recorded is no wait at all.)
///
/// Notes travel on the control page, as over any stream-ordered transport: the shape when the SEND is issued, where it
/// is dynamic; the status once the SEND has ended. That is the proof against what an abort does. It raises the words of
/// all, and a lane that this lets go reads a slot that may hold anything. But no result of that is settled: that takes
/// the writer's own note of the execution, which is posted once its SEND has really ended.
///
/// The end. A reader gives its import back once its lanes are empty, and says so in `use`; the writer frees the memory
/// when all have. One that died says nothing: then the writer keeps the memory until its process ends, which comes
/// next, and never frees what a lane may still be reading. Where a writer dies, the reader's import keeps the memory
/// alive.

#include "compile/rows.h"
#include "execution/endpoints.h"

namespace stretto {

/// The words of every channel with device slots, numbered alike on every actor: published; then for each reader its
/// released, and its use.
class HandoverWords {
 public:
  /// Linear. The plan outlives this.
  explicit HandoverWords(const Plan& plan);
  /// How many a channel has: none without device slots.
  uint32_t count(uint32_t channel) const;
  static constexpr uint32_t kPublished = 0;
  struct OfReader {
    uint32_t actor;
    std::vector<uint32_t> steps;  ///< that release, ascending
    uint32_t first;               ///< the released of the first of them
    uint32_t use() const { return first + static_cast<uint32_t>(steps.size()); }
  };
  std::vector<OfReader> readers(uint32_t channel) const;

 private:
  const Plan& plan_;
  compiling::Rows releasing_;  // by channel: steps
};

/// One actor's part in all such channels. The issuing thread calls what takes a lane; none of it blocks. Everything
/// else is the actor's main thread's.
class Handovers {
 public:
  Handovers(const Plan& plan, uint32_t actor, DeviceHandle& device, Endpoints& endpoints);
  Handovers(const Handovers&) = delete;
  Handovers& operator=(const Handovers&) = delete;
  ~Handovers() = default;

  /// Once transports are connected, before this actor imports memory.
  void open();
  /// The writer's lane, in front of the step that writes the slot.
  void acquire(uint32_t channel, LaneHandle& lane, int64_t execution);
  void send(uint32_t channel, LaneHandle& lane, int64_t execution);
  void receive(uint32_t channel, LaneHandle& lane, int64_t execution);
  /// The lane of `step`, behind it.
  void release(uint32_t channel, uint32_t step, LaneHandle& lane, int64_t execution);

  /// Closes the semaphores. The lanes are gone.
  void close();
  /// Says that this actor has given all its imports back.
  void leave();
  /// Blocks until every reader of this actor's memory has left, or the deadline. Whether they have.
  bool await_readers(Deadline deadline);

 private:
  enum Use : uint64_t { unknown, uses, left };  ///< of a reader: never came, reads, reads no more
  struct Release {
    uint32_t step;
    SemaphoreHandle word;
  };
  struct Reading {
    SemaphoreHandle published;
    std::vector<Release> releases;
    std::atomic<uint64_t>* use = nullptr;
  };
  struct Writing {
    SemaphoreHandle published;
    std::vector<SemaphoreHandle> released;  ///< of all readers
    std::vector<std::atomic<uint64_t>*> uses;
    int64_t slots = 0;
  };
  void open_writing(uint32_t channel, const HandoverWords& words);
  void open_reading(uint32_t channel, const HandoverWords& words);

  const Plan& plan_;
  const uint32_t actor_;
  DeviceHandle& device_;
  Endpoints& endpoints_;
  std::map<uint32_t, Writing> writing_;  ///< by channel
  std::map<uint32_t, Reading> reading_;  ///< by channel
};

}  // namespace stretto
