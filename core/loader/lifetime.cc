// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/lifetime.h"

#include <map>
#include <mutex>
#include <vector>

namespace stretto {

namespace {

/// A library is loaded once per process, however many catalogues there are: so is its count.
struct Process {
  std::mutex mutex;
  std::map<void (*)(), int> uses;
  std::vector<std::shared_ptr<void>> kept;
};

Process& process() {
  static auto* only = new Process;  // never destroyed: plugins' threads may outlive static objects
  return *only;
}

}  // namespace

PluginUse::PluginUse(void (*shutdown)()) : shutdown_(shutdown) {
  if (shutdown_ == nullptr) return;
  const std::lock_guard lock(process().mutex);
  ++process().uses[shutdown_];
}

PluginUse::~PluginUse() {
  if (shutdown_ == nullptr) return;
  const std::lock_guard lock(process().mutex);
  if (--process().uses[shutdown_] == 0) shutdown_();
}

void keep_for_plugins(std::shared_ptr<void> what) {
  const std::lock_guard lock(process().mutex);
  process().kept.push_back(std::move(what));
}

}  // namespace stretto
