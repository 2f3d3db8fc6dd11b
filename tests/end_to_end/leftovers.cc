// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "leftovers.h"

#include "shared_memory.h"
#include "surroundings.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <thread>

namespace stretto::testing {
namespace {

namespace fs = std::filesystem;

/// Names in a folder; entries may vanish meanwhile.
std::set<std::string> names(const fs::path& folder) {
  std::set<std::string> found;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    found.insert(entry->path().filename().string());
  return found;
}

template <class Set>
std::vector<typename Set::value_type> beyond(const Set& now, const Set& before) {
  std::vector<typename Set::value_type> more;
  std::set_difference(now.begin(), now.end(), before.begin(), before.end(), std::back_inserter(more));
  return more;
}

std::string differences(const Holdings& now, const Holdings& before) {
  std::string text;
  const auto tell = [&](const char* what, const auto& more) {
    if (!more.empty()) text += fmt::format("{}: {}; ", what, more);
  };
  tell("descriptors", beyond(now.descriptors, before.descriptors));
  tell("shared memory", beyond(now.shared_memory, before.shared_memory));
  tell("children", beyond(now.children, before.children));
  if (now.threads > before.threads) text += fmt::format("{} threads more", now.threads - before.threads);
  return text;
}

}  // namespace

std::set<int> children(const std::string& process) {
  std::set<int> found;
  for (const auto& thread : names("/proc/" + process + "/task")) {
    std::ifstream list(fmt::format("/proc/{}/task/{}/children", process, thread));
    for (int child = 0; list >> child;) found.insert(child);
  }
  return found;
}

Holdings holdings() {
  Holdings found;
  for (const auto& name : names("/proc/self/fd")) {
    std::error_code error;
    const auto target = fs::read_symlink("/proc/self/fd/" + name, error);
    // The listing's own descriptor is gone by now.
    if (!error) found.descriptors.insert(target.string());
  }
  found.shared_memory = support::shared_memory_files();
  found.children = children();
  found.threads = names("/proc/self/task").size();
  return found;
}

std::string command_line(int process) {
  std::ifstream file(fmt::format("/proc/{}/cmdline", process), std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::replace(text.begin(), text.end(), '\0', ' ');
  return text;
}

bool gone(int process) { return !fs::exists(fmt::format("/proc/{}", process)); }

Leftovers::Leftovers() {
  for (const auto kind : {STRETTO_TRANSPORT, STRETTO_SCHEDULER, STRETTO_DEVICE, STRETTO_OP_LIBRARY})
    catalogue().all(kind);
  before_ = holdings();
}

::testing::AssertionResult Leftovers::nothing_more() const {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  for (;;) {
    const std::string more = differences(holdings(), before_);
    if (more.empty()) return ::testing::AssertionSuccess();
    if (std::chrono::steady_clock::now() > until) return ::testing::AssertionFailure() << "left behind: " << more;
    std::this_thread::yield();
  }
}

}  // namespace stretto::testing
