// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Channels through host memory that all actors of one host share. A reader uses the writer's slot in place.

#include "announcement.h"
#include "channel.h"

#include <mutex>

namespace stretto::shm {

/// One actor's instance. The opening and connecting calls come from one thread; abort from any.
class ShmTransport final : public Transport {
 public:
  explicit ShmTransport(const TransportOpen& request);
  ChannelEnd* open_writer(const ChannelInfo& channel) override;
  ChannelEnd* open_reader(const ChannelInfo& channel) override;
  /// Round 0 makes this instance's memory and announces it; round 1 maps what this actor reads. Touches every page;
  /// waits for nobody.
  bool connect(uint32_t round, std::span<const BlobView> theirs, Blob& mine, Deadline deadline) override;
  void abort() noexcept override;

 private:
  void announce(Blob& mine);
  void attach_readers(std::span<const BlobView> theirs);

  const uint32_t actor_;
  const bool read_only_;
  Waiting waiting_;
  std::mutex attaching_;  // an abort looks at ends while a connect attaches them
  std::vector<std::unique_ptr<WriterEnd>> writers_;
  std::vector<std::unique_ptr<ReaderEnd>> readers_;
  std::shared_ptr<Memory> memory_;  // null where this actor writes no channel
  bool announced_ = false;
};

}  // namespace stretto::shm
