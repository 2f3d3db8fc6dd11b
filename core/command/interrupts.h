// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "launch/link.h"
#include "stretto/runtime.h"

#include <atomic>
#include <mutex>
#include <thread>

namespace stretto {

/// Ends what runs at the first Ctrl-C (or SIGTERM), the process at the second, or at the first while nothing runs.
/// The constructor blocks these signals for all threads that are made later: make it first. One per process.
class Interrupts {
 public:
  Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts();
  /// What to abort; null: nothing runs. Any thread.
  void watch(Runtime* runtime);
  /// Whether a signal has come. Any thread.
  bool interrupted() const { return interrupted_; }

 private:
  void listen();
  Descriptor stop_;
  Descriptor signals_;
  std::mutex mutex_;
  Runtime* runtime_ = nullptr;
  std::atomic<bool> interrupted_{false};
  std::thread thread_;
};

}  // namespace stretto
