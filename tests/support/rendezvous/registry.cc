// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "registry.h"

#include <unistd.h>

namespace stretto::testing {

uint64_t Registry::offer() {
  const std::lock_guard lock(mutex_);
  // The process's number is a part, so that a peer elsewhere is not mistaken for one here.
  const uint64_t nonce = static_cast<uint64_t>(getpid()) << 32U | ++last_;
  offered_[nonce] = std::make_shared<Communicator>();
  return nonce;
}

void Registry::withdraw(uint64_t nonce) {
  const std::lock_guard lock(mutex_);
  offered_.erase(nonce);
}

std::shared_ptr<Communicator> Registry::find(uint64_t nonce) {
  const std::lock_guard lock(mutex_);
  const auto found = offered_.find(nonce);
  if (found == offered_.end())
    throw Error(Code::unavailable, "rendezvous: a peer is not in this process; run the actors as threads");
  return found->second;
}

Registry& registry() {
  static Registry shared;
  return shared;
}

}  // namespace stretto::testing
