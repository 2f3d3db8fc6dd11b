// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Host memory that copies reach without a detour.

#include <cstdint>
#include <map>
#include <mutex>

namespace stretto::cuda {

/// Counts who has pinned which pages, since CUDA pins a page once for the whole process, while several actors of it may
/// share a slot. Any thread. Only whole pages are pinned: memory of less than a page must lie within one, larger memory
/// must have its pages to itself; stretto's slots do.
class PinnedPages {
 public:
  /// Blocks while the pages are locked. Throws Code::invalid_argument where only a part of the pages is pinned already,
  /// Code::overloaded where the system allows no more.
  void pin(void* memory, uint64_t bytes);
  /// Ignores memory that is not pinned.
  void unpin(void* memory) noexcept;

 private:
  struct Range {
    uintptr_t end;
    uint32_t users;
  };
  std::mutex mutex_;
  std::map<uintptr_t, Range> ranges_;               ///< by first byte
  std::multimap<uintptr_t, uintptr_t> registered_;  ///< what callers gave, and the range that it is in
};

/// The process's; lives for ever.
PinnedPages& pinned_pages();

}  // namespace stretto::cuda
