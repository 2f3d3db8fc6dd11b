// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "communicators.h"

namespace stretto::fake {

Communicators& communicators() {
  static auto* all = new Communicators;
  return *all;
}

std::shared_ptr<SharedCommunicator> enter(const Entry& entry) {
  auto& all = communicators();
  const std::lock_guard lock(all.mutex);
  auto& shared = all.by_id[entry.id];
  if (shared == nullptr) {
    shared = std::make_shared<SharedCommunicator>();
    shared->awaited = entry.calls;
  }
  if (shared->awaited == 0) return nullptr;
  if (entry.member != 0 && !shared->joined.insert({entry.key, entry.rank}).second) return nullptr;
  --shared->awaited;
  all.changed.notify_all();
  return shared;
}

std::vector<std::shared_ptr<Meeting>> meetings_of(SharedCommunicator& communicator, int rank,
                                                  const std::vector<testing::Operation>& operations) {
  std::vector<std::shared_ptr<Meeting>> found;
  const std::lock_guard lock(communicators().mutex);
  auto& meetings = communicator.meetings;
  for (const auto& operation : operations) {
    const auto peer = static_cast<int>(operation.peer);
    if (operation.collective != nullptr)
      found.push_back(meetings.of_all(rank, communicator.ranks()));
    else
      found.push_back(operation.sends ? meetings.between(rank, peer, true) : meetings.between(peer, rank, false));
  }
  return found;
}

}  // namespace stretto::fake
