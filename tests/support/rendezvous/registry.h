// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where instances of one process find the communicator that they share. The one global of this transport: its actors
/// are loaded and opened apart, and have only their blobs to tell each other where they are.

#include "communicator.h"

#include <span>

namespace stretto::testing {

/// Any thread.
class Registry {
 public:
  /// A new communicator, to be found under the number returned until it is withdrawn. Never 0.
  uint64_t offer();
  void withdraw(uint64_t nonce);
  /// Throws Code::unavailable when the nonce is unknown here: the peer is in another process.
  std::shared_ptr<Communicator> find(uint64_t nonce);

 private:
  std::mutex mutex_;
  uint64_t last_ = 0;
  std::map<uint64_t, std::shared_ptr<Communicator>> offered_;
};

Registry& registry();

}  // namespace stretto::testing
