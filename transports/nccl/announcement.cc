// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "announcement.h"

#include <cstring>

namespace stretto::nccl {

std::vector<std::byte> Announcement::to_bytes() const {
  std::vector<std::byte> bytes;
  const auto put = [&](const void* from, size_t count) {
    const auto* begin = static_cast<const std::byte*>(from);
    bytes.insert(bytes.end(), begin, begin + count);
  };
  const auto put_list = [&](const auto& actors) {
    const auto count = static_cast<uint32_t>(actors.size());
    put(&count, sizeof count);
    for (const uint32_t actor : actors) put(&actor, sizeof actor);
  };
  put(&process, sizeof process);
  put(gpu.data(), gpu.size());
  put_list(peers);
  for (const auto& set : sets) put_list(set);
  return bytes;
}

Announcement Announcement::from_bytes(std::span<const std::byte> bytes) {
  Announcement announcement;
  auto rest = bytes;
  const auto take = [&](void* into, size_t count) {
    if (rest.size() < count)
      throw Error(Code::internal, "nccl: an announcement of " + std::to_string(bytes.size()) + " bytes");
    std::memcpy(into, rest.data(), count);
    rest = rest.subspan(count);
  };
  const auto take_list = [&] {
    uint32_t count = 0;
    take(&count, sizeof count);
    std::vector<uint32_t> actors;
    for (uint32_t i = 0; i < count; ++i) take(&actors.emplace_back(), sizeof(uint32_t));
    return actors;
  };
  take(&announcement.process, sizeof announcement.process);
  take(announcement.gpu.data(), announcement.gpu.size());
  const auto peers = take_list();
  announcement.peers.insert(peers.begin(), peers.end());
  while (!rest.empty()) announcement.sets.insert(take_list());
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
  for (const auto& [actor, announcement] : members_)
    for (const auto& set : announcement.sets)
      for (const uint32_t member : set)
        if (!members_.contains(member) || !members_.at(member).sets.contains(set))
          throw Error(Code::internal, "nccl: actor " + std::to_string(actor) + " shares a collective with actor " +
                                          std::to_string(member) + ", which says that it does not");
}

std::set<std::vector<uint32_t>> Membership::sets() const {
  std::set<std::vector<uint32_t>> sets;
  for (const auto& [actor, announcement] : members_) sets.insert(announcement.sets.begin(), announcement.sets.end());
  return sets;
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
