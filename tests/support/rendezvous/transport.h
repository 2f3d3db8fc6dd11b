// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A stream-ordered transport between the actors of one process that keeps NCCL's rules, and says when others break
/// them. One instance is one actor's communicator.

#include "communicator.h"
#include "stretto/transport.h"

namespace stretto::testing {

class Rendezvous;

/// One actor's end of one channel. One thread at a time, the same for all ends of an instance.
class RendezvousEnd final : public ChannelEnd {
 public:
  RendezvousEnd(Rendezvous& transport, ChannelInfo channel, bool sends)
      : transport_(transport), channel_(std::move(channel)), sends_(sends) {}
  void lane_send(const stretto_native& lane, const void* memory, uint64_t bytes) override;
  void lane_receive(const stretto_native& lane, void* memory, uint64_t bytes) override;

 private:
  Rendezvous& transport_;
  const ChannelInfo channel_;
  const bool sends_;
};

/// One actor's part in one collective. One thread at a time, the same for all ends of an instance.
class RendezvousPart final : public ChannelEnd {
 public:
  RendezvousPart(Rendezvous& transport, CollectiveInfo collective)
      : transport_(transport), collective_(std::make_shared<const CollectiveInfo>(std::move(collective))) {}
  void lane_collective(const stretto_native& lane, const void* input, void* result) override;

 private:
  Rendezvous& transport_;
  const std::shared_ptr<const CollectiveInfo> collective_;
};

/// abort: any thread. The rest: one thread at a time.
class Rendezvous final : public Transport {
 public:
  explicit Rendezvous(const TransportOpen& request);
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;
  ~Rendezvous() override;
  ChannelEnd* open_writer(const ChannelInfo& channel) override;
  ChannelEnd* open_reader(const ChannelInfo& channel) override;
  ChannelEnd* open_collective(const CollectiveInfo& collective) override;
  bool connect(uint32_t round, std::span<const BlobView> theirs, Blob& mine, Deadline deadline) override;
  void group_begin() override;
  void group_end() override;
  void abort() noexcept override;

  /// Issues one operation, alone or as a part of the open group.
  void issue(const stretto_native& lane, Operation operation);

 private:
  ChannelEnd* open_end(const ChannelInfo& channel, bool sends);
  void issue(const stretto_native& lane, std::vector<Operation> operations);
  std::shared_ptr<Communicator> communicator();

  const uint32_t actor_;
  const int64_t breaks_at_;
  const uint64_t nonce_;
  std::vector<std::unique_ptr<ChannelEnd>> ends_;
  std::mutex mutex_;  // guards the next two
  std::shared_ptr<Communicator> communicator_;
  bool aborted_ = false;
  std::atomic<bool> calling_{false};
  bool grouping_ = false;
  std::optional<stretto_native> group_lane_;
  std::vector<Operation> group_;
  int64_t grouped_ = 0;  // operations in groups so far
};

}  // namespace stretto::testing
