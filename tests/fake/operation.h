// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What streams are made of.

#include "clock.h"

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stretto::fake {

/// One entry of a stream: starts once `ready` is true (null: at once); then its accesses are checked and `work` is
/// done.
struct Operation {
  std::string what;
  std::vector<Access> accesses{};
  std::function<bool()> ready{};
  std::function<void()> work{};
  Clock issued{};                 ///< the host's, when it was enqueued
  const void* word = nullptr;     ///< that the host raises, if this waits for one
  std::optional<Clock> heard{};   ///< the host's, when the word was first seen raised: what it comes to know later is
                                  ///< not said by that word
  const void* written = nullptr;  ///< the word that this writes, if it does
  uint64_t number = 0;            ///< counts what is enqueued, over all streams
};

class Recorder;

struct Stream {
  Agent agent = 0;
  int device = 0;
  int queue = 0;  ///< the hardware queue that it is in while it has work; below 0: none, ever
  Clock clock;
  std::deque<Operation> operations;
  bool running = false;
  std::shared_ptr<Recorder> recorder{};  ///< takes what is enqueued meanwhile
};

}  // namespace stretto::fake
