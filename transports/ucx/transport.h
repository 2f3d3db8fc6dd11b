// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Channels over whatever UCX reaches: shared memory, other processes' memory, networks. Readers have slots of their
/// own.

#include "channel.h"

#include <mutex>

namespace stretto::ucx {

/// The kind of memory that UCX may reach besides the host's.
inline constexpr const char* kCuda = "cuda";

/// One actor's instance. The opening, connecting and closing calls come from one thread; abort from any.
class UcxTransport final : public Transport, private Receiver {
 public:
  /// The library's version, and the transports and devices that it found here as they can be written in the options.
  static std::vector<std::string> findings();
  explicit UcxTransport(const TransportOpen& request);
  /// Blocks for half a second at most, whatever has become of the peers.
  ~UcxTransport() override;
  ChannelEnd* open_writer(const ChannelInfo& channel) override;
  ChannelEnd* open_reader(const ChannelInfo& channel) override;
  /// Round 0 announces this instance's address and slots; round 1 makes endpoints to the actors that share channels
  /// with this one, and returns when each has said hello: the first execution finds all connections made.
  bool connect(uint32_t round, std::span<const BlobView> theirs, Blob& mine, Deadline deadline) override;
  void* allocate(uint64_t bytes) override;
  void abort() noexcept override;

 private:
  bool arrived(const Arrival& arrival) noexcept override;
  void announce(Blob& mine) const;
  void make_stages();
  RemoteRing ring_of(uint32_t actor, const AnnouncedEnd& end, bool reaches);
  void make_peers(std::span<const BlobView> theirs);
  void greet(Deadline deadline);
  void wake_all() noexcept;
  void close_endpoints();
  void check_opening(const ChannelInfo& channel) const;
  Peer& peer(uint32_t actor) { return *peers_.at(actor); }

  Context context_;
  std::unique_ptr<Engine> engine_;  ///< ends before those whose operations it may still hold
  Worker worker_;
  const OpenedDevice device_;
  std::unique_ptr<Stage> out_;  ///< ends after the engine, whose operations give pieces back to it
  std::unique_ptr<Stage> in_;
  Wiring wiring_;
  std::map<uint32_t, std::unique_ptr<WriterEnd>> writers_;  ///< by channel
  std::map<uint32_t, std::unique_ptr<ReaderEnd>> readers_;  ///< by channel
  std::map<uint32_t, std::unique_ptr<Peer>> peers_;         ///< by actor
  struct Greeting;
  std::vector<std::unique_ptr<Greeting>> greetings_;
  std::atomic<uint32_t> greeted_{0};
  ParkingSpot meeting_{};
  std::mutex opening_;  ///< an abort looks at ends while others are opened
  bool announced_ = false;
};

}  // namespace stretto::ucx
