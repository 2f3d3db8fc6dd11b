// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "announcement.h"
#include "staging.h"

namespace stretto::ucx {

/// What all ends of one instance share. Outlives them.
struct Wiring {
  const Context& context;
  Engine& engine;
  Worker& worker;
  uint32_t actor;
  Protocol protocol;
  uint64_t eager_bytes;
  Reach reach;           ///< of all slots here
  uint64_t piece_bytes;  ///< of staged payloads, the same on all actors
  uint32_t pieces;       ///< of one payload that are under way at once
  Stage* out = nullptr;  ///< of slots that are staged; made when the actors connect, where it is needed
  Stage* in = nullptr;
  std::atomic<bool> aborted{false};
};

}  // namespace stretto::ucx
