// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// An actor's life: open, connect, run, end. The same code as a thread and as a process.

#include "execution/control_page.h"
#include "launch/link.h"
#include "stretto/catalogue.h"

namespace stretto {

/// Blobs of all actors in one message, and back.
Message pack_blobs(const std::string& type, std::span<const BlobView> blobs);
struct Blobs {
  explicit Blobs(Message message);  ///< takes the descriptors' numbers; they stay the caller's to close
  std::vector<BlobView> views;

 private:
  Message message_;
};

/// Runs one actor to its end, told by the driver over `link`: "connect" rounds, "run", "abort", "bye". Blocks until the
/// driver says bye or goes away. Tells "ready", "running", "ended" or "failed". Throws nothing.
/// `trace_executions`: see RunOptions. `exit_when_stuck`: end the process when lanes do not stop within a second after
/// the driver went away.
void run_actor(const Plan& plan, uint32_t actor, Catalogue& catalogue, std::shared_ptr<ControlPage> page, Link& link,
               uint64_t trace_executions, bool exit_when_stuck);

/// The whole of an actor process: its control connection is file descriptor 3. Returns the exit status.
int actor_main();
inline constexpr int kActorDescriptor = 3;

/// Name, plugin and version of every component of a plan, as loaded here: compared between all actors.
nlohmann::json versions_of(const Plan& plan, Catalogue& catalogue);

}  // namespace stretto
