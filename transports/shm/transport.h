// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Channels through host memory that all actors of one host share. A reader uses the writer's slot in place.
///
/// Actors on one GPU, say, have a shorter way: the slots lie in the device's memory, and readers use them in place
/// there. Then this memory holds no slots, but what the actors need to find each other's and to take turns: what the
/// device told of the writer's memory when it exported it, and words, zero at first, that the device's lanes write and
/// await. Host memory is the right place for both. It is there before any device's memory is, every process can map it,
/// and it outlives whichever process dies first, so that a survivor can end its lanes' waits by writing the words. What
/// the words mean, and why nobody overwrites what another one still reads, stands in core/execution/handover.h; the
/// device's side in its plugin (plugins/devices/cuda/exports.h, shared_word.h).

#include "announcement.h"
#include "channel.h"

#include <mutex>

namespace stretto::shm {

/// One actor's instance. The opening and connecting calls come from one thread; abort from any.
class ShmTransport final : public Transport {
 public:
  explicit ShmTransport(const TransportOpen& request);
  static void offer_device_slots(const Settings& settings);
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
