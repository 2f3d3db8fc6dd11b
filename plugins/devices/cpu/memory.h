// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Host memory for slots and workspaces.

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace stretto::cpu {

/// Hands out warm memory, 64-byte aligned; blocks of a megabyte or more are mapped, so that they come in large pages
/// where the system has them and go back to it when freed. Any thread.
class HostMemory {
 public:
  HostMemory() = default;
  HostMemory(const HostMemory&) = delete;
  HostMemory& operator=(const HostMemory&) = delete;
  ~HostMemory();
  /// Zeroed. Blocks while the pages are touched. Throws Code::overloaded when there is no room.
  void* allocate(uint64_t bytes);
  /// `memory` came from `allocate`; null is ignored.
  void free(void* memory) noexcept;

 private:
  std::mutex mutex_;
  std::map<void*, size_t> mapped_;  // a block that is not here came from the heap
};

}  // namespace stretto::cpu
