// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a word in shared memory is called, so that processes that have mapped it at different addresses mean the same.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>

namespace stretto::fake {

/// The file behind the word, which may have no path, and where in it the word stands.
struct WordName {
  uint64_t device;
  uint64_t inode;
  uint64_t offset;
  auto operator<=>(const WordName&) const = default;
};

/// As this process has its words mapped. One thread at a time.
class WordNames {
 public:
  /// Nothing where no other process can have the word. Reads the process's mappings, once for each word. Throws
  /// Code::internal where they can't be read.
  std::optional<WordName> of(const void* word);
  /// Something else may be mapped there by now.
  void forget(const void* memory, uint64_t bytes);

 private:
  std::map<const void*, std::optional<WordName>> known_;
};

}  // namespace stretto::fake
