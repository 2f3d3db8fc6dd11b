// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What one actor tells the others before it joins a communicator.

#include "stretto/transport.h"

#include <array>
#include <map>
#include <set>

namespace stretto::nccl {

/// Plain bytes, then the peers, then the sets, each a list with its length in front.
struct Announcement {
  int32_t process = 0;
  std::array<char, 20> gpu{};  ///< PCI bus number: two devices of one host with one number are one GPU
  std::set<uint32_t> peers;    ///< actors that it shares a channel with
  std::set<std::vector<uint32_t>>
      sets;  ///< of actors that it shares a collective with, itself included, in their order

  std::vector<std::byte> to_bytes() const;
  /// Throws Code::internal where they are none.
  static Announcement from_bytes(std::span<const std::byte> bytes);
};

/// The actors that take part, and who of them talks to whom. Ranks count the actors in ascending order.
class Membership {
 public:
  /// By actor; `theirs` as connect has them, empty where an actor does not use this transport.
  Membership(uint32_t self, const Announcement& mine, std::span<const BlobView> theirs);
  int ranks() const { return static_cast<int>(members_.size()); }
  int rank_of(uint32_t actor) const;
  uint32_t first() const { return members_.begin()->first; }
  /// Every pair that shares a channel, the smaller actor first, in one order on all actors.
  std::set<std::pair<uint32_t, uint32_t>> pairs() const;
  /// Every set that has a collective, in one order on all actors.
  std::set<std::vector<uint32_t>> sets() const;
  /// Throws Code::unavailable where two actors have one GPU, unless `share` says that they may and they are processes.
  void expect_gpus_apart(bool share) const;

 private:
  std::map<uint32_t, Announcement> members_;
};

}  // namespace stretto::nccl
