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

}  // namespace stretto::fake
