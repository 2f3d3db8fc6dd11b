// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "announcement.h"

#include <cstring>

namespace stretto::nccl {

std::vector<std::byte> Announcement::to_bytes() const {
  std::vector<std::byte> bytes(sizeof process + gpu.size() + peers.size() * sizeof(uint32_t));
  auto* at = bytes.data();
  const auto put = [&](const void* from, size_t count) {
    std::memcpy(at, from, count);
    at += count;
  };
  put(&process, sizeof process);
  put(gpu.data(), gpu.size());
  for (const uint32_t peer : peers) put(&peer, sizeof peer);
  return bytes;
}

Announcement Announcement::from_bytes(std::span<const std::byte> bytes) {
  Announcement announcement;
  const size_t fixed = sizeof announcement.process + announcement.gpu.size();
  if (bytes.size() < fixed || (bytes.size() - fixed) % sizeof(uint32_t) != 0)
    throw Error(Code::internal, "nccl: an announcement of " + std::to_string(bytes.size()) + " bytes");
  std::memcpy(&announcement.process, bytes.data(), sizeof announcement.process);
  std::memcpy(announcement.gpu.data(), bytes.data() + sizeof announcement.process, announcement.gpu.size());
  for (size_t at = fixed; at < bytes.size(); at += sizeof(uint32_t)) {
    uint32_t peer = 0;
    std::memcpy(&peer, bytes.data() + at, sizeof peer);
    announcement.peers.insert(peer);
  }
  return announcement;
}

Membership::Membership(uint32_t self, const Announcement& mine, std::span<const BlobView> theirs) {
  members_.emplace(self, mine);
  for (uint32_t actor = 0; actor < theirs.size(); ++actor)
    if (actor != self && !theirs[actor].bytes.empty())
      members_.emplace(actor, Announcement::from_bytes(theirs[actor].bytes));
  for (const auto& [actor, announcement] : members_)
    for (const uint32_t peer : announcement.peers)
      if (!members_.contains(peer) || !members_.at(peer).peers.contains(actor))
        throw Error(Code::internal, "nccl: actor " + std::to_string(actor) + " shares a channel with actor " +
                                        std::to_string(peer) + ", which says that it does not");
}

int Membership::rank_of(uint32_t actor) const {
  const auto found = members_.find(actor);
  if (found == members_.end()) throw Error(Code::internal, "nccl: actor " + std::to_string(actor) + " is no member");
  return static_cast<int>(std::distance(members_.begin(), found));
}

std::set<std::pair<uint32_t, uint32_t>> Membership::pairs() const {
  std::set<std::pair<uint32_t, uint32_t>> pairs;
  for (const auto& [actor, announcement] : members_)
    for (const uint32_t peer : announcement.peers) pairs.emplace(std::min(actor, peer), std::max(actor, peer));
  return pairs;
}

void Membership::expect_gpus_apart(bool share) const {
  for (auto one = members_.begin(); one != members_.end(); ++one)
    for (auto other = std::next(one); other != members_.end(); ++other) {
      if (one->second.gpu != other->second.gpu) continue;
      const std::string who = "nccl: actors " + std::to_string(one->first) + " and " + std::to_string(other->first) +
                              " are both on the GPU " + one->second.gpu.data();
      if (!share)
        throw Error(Code::unavailable, who +
                                           ", and NCCL takes one actor for each GPU; give them GPUs of their own, or "
                                           "another transport (to try things out: [transport.nccl] share_device = "
                                           "true)");
      if (one->second.process == other->second.process)
        throw Error(Code::unavailable,
                    who + " and in one process; share_device needs processes: run.actors = \"processes\"");
    }
}

}  // namespace stretto::nccl
