// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// File descriptors in tests: owned, and counted.

#include <filesystem>
#include <stdexcept>
#include <unistd.h>
#include <vector>

namespace stretto::contract {

/// How many descriptors this process has open.
inline size_t open_descriptors() {
  const std::filesystem::directory_iterator entries("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

/// Copies for somebody else to close.
inline std::vector<int> duplicates(const int* descriptors, size_t count) {
  std::vector<int> copies;
  for (size_t i = 0; i < count; ++i) {
    copies.push_back(dup(descriptors[i]));
    if (copies.back() < 0) throw std::runtime_error("dup failed");
  }
  return copies;
}

}  // namespace stretto::contract
