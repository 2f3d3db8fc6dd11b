// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Device memory that the host cannot touch, although it is host memory: every block is mapped twice. The address that
/// is handed out has no rights; the device's threads use the other one.

#include <cstdint>
#include <map>
#include <mutex>

namespace stretto::testing {

/// Any thread.
class HiddenMemory {
 public:
  HiddenMemory() = default;
  HiddenMemory(const HiddenMemory&) = delete;
  HiddenMemory& operator=(const HiddenMemory&) = delete;
  ~HiddenMemory();

  /// Poisoned, and ends (up to 63 bytes) where a page without rights begins. Throws Code::overloaded.
  void* allocate(uint64_t bytes);
  /// Poisons the block; it stays mapped, and known as freed, until the device is closed.
  void free(void* memory) noexcept;
  /// Unmaps a freed block: nothing is known of it any more, and its address may come again.
  void forget(void* memory) noexcept;
  /// Of a live block of whole 2 MiB, as large ones are that share no page with others: the file behind it, the block's
  /// own; -1 for other blocks.
  int descriptor_of(const void* memory) const;
  /// A block that lies in another process's file. Not poisoned.
  void* attach(int descriptor, uint64_t bytes);
  /// Ends that, and forgets it.
  void detach(void* memory) noexcept;
  void pin(void* memory, uint64_t bytes);
  void unpin(void* memory) noexcept;
  /// The worker's address of `bytes` bytes in one live block or pinned range. Throws Code::internal saying what it is.
  void* translate(const void* memory, uint64_t bytes) const;

 private:
  struct Block {
    void* mapping;  // what was mapped for the host, the page without rights included
    void* worker_mapping;
    uint64_t mapped;
    uint64_t bytes;
    char* worker;
    bool freed;
    int descriptor;  // kept where others may attach it; else -1
  };
  static Block map(int descriptor, uint64_t bytes);
  static void unmap(const Block& block) noexcept;
  mutable std::mutex mutex_;
  std::map<uintptr_t, Block> blocks_;          // by the address handed out
  std::multimap<uintptr_t, uint64_t> pinned_;  // address, bytes
};

}  // namespace stretto::testing
