// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Transfers between GPUs by NCCL, in the order of the lane.

#include "announcement.h"
#include "channel.h"
#include "collective.h"
#include "communicator.h"

#include <condition_variable>
#include <functional>
#include <thread>

namespace stretto::nccl {

/// One actor's part. All its operations come from the one issuing thread of its lane, in an order that all actors agree
/// on; `abort` from any thread.
///
/// Each communicator has a guard, a thread of its own, that looks for errors which NCCL reports unasked and aborts the
/// communicator when it is told to. Aborting blocks in NCCL until what the communicator has enqueued has ended, and
/// `abort` must not block; nor may one communicator wait for another: on a lane, its work may lie behind what the other
/// one's abort alone ends. When a peer dies, NCCL may hang; the core finds the dead by itself and aborts the others.
class NcclTransport final : public Transport {
 public:
  /// Throws Code::invalid_argument where the actor's device is no CUDA GPU.
  explicit NcclTransport(const TransportOpen& request);
  /// For `stretto doctor`.
  static std::vector<std::string> findings() { return {"NCCL " + library_version()}; }
  NcclTransport(const NcclTransport&) = delete;
  NcclTransport& operator=(const NcclTransport&) = delete;
  /// Lanes are empty, or aborted. Blocks for a few seconds at most, and as long as NCCL takes to abort.
  ~NcclTransport() override;
  ChannelEnd* open_writer(const ChannelInfo& channel) override;
  ChannelEnd* open_reader(const ChannelInfo& channel) override;
  ChannelEnd* open_collective(const CollectiveInfo& collective) override;
  /// Throws Code::unimplemented where NCCL does not reduce the dtype.
  static void offer(const CollectiveInfo& collective);
  /// Round 0: who is there, on which GPU, with which peers, in which sets. Round 1: the first tells the communicator's
  /// id. Round 2: all make the communicators, register slots where that is asked for, and send a byte along every pair
  /// that has a channel and within every set that has a collective, so that no execution has to connect.
  bool connect(uint32_t round, std::span<const BlobView> theirs, Blob& mine, Deadline deadline) override;
  void group_begin() override;
  void group_end() override;
  void abort() noexcept override;

  /// A slot of a channel that joins this actor with `peer`. Before connect.
  void bound(uint32_t peer, void* memory, uint64_t bytes);
  /// Calls `operation` with the communicator that joins this actor with `peer`, the peer's rank in it, and the stream;
  /// outside a group, returns once it is on the stream.
  using Operation = std::function<void(Communicator& communicator, int rank, cudaStream_t stream)>;
  void issue(uint32_t peer, const stretto_native& lane, const Operation& operation);
  /// This actor's part in a collective; else the same.
  void collect(const CollectiveInfo& collective, const stretto_native& lane, const void* input, void* result);

 private:
  struct Route {
    Communicator* communicator;
    int rank;  ///< the peer's
  };
  ChannelEnd* open_end(const ChannelInfo& channel, bool sends);
  void make_communicators(const UniqueId& id, Deadline deadline);
  void make_sets(Communicator& all, Deadline deadline);
  void register_slots(Deadline deadline);
  void warm(Deadline deadline);
  void warm_sets(std::byte* bytes, cudaStream_t stream, Deadline deadline);
  void put(Communicator& communicator);
  template <class Call>
  void enqueue(const Call& call);
  /// Whose operations were in it; null where there were none.
  Communicator* leave_group();
  void guard(Communicator& communicator);

  const uint32_t actor_;
  const int device_;
  const bool pairs_;
  const bool register_;
  const bool share_device_;
  const nccl::Shape shape_;
  Announcement mine_;
  UniqueId mine_id_{};  ///< of the communicator, where this actor is its first
  std::optional<Membership> members_;
  std::map<uint32_t, std::map<void*, uint64_t>> slots_;  ///< by peer; bytes by where they lie
  std::vector<std::unique_ptr<ChannelEnd>> ends_;
  std::atomic<bool> aborted_{false};
  std::vector<std::unique_ptr<Communicator>> communicators_;  ///< complete once the guards run
  std::map<uint32_t, Route> routes_;                          ///< by peer
  std::map<std::vector<uint32_t>, Communicator*> sets_;       ///< by the set of actors, in its order
  Communicator* grouped_ = nullptr;  ///< of the group that is open: the one of all that is in it so far
  std::mutex mutex_;
  std::condition_variable told_;
  /// From a group's beginning to its end: NCCL looks at all that is in it once more when it ends, so that no
  /// communicator may be aborted before. Written by the thread that issues.
  bool grouping_ = false;
  bool closing_ = false;
  std::string error_;  ///< reported by NCCL, unasked
  std::vector<std::thread> guards_;
};

}  // namespace stretto::nccl
