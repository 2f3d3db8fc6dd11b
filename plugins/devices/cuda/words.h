// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// 64-bit words that the host and the device both see: where lanes wait for what the host raises.

#include <atomic>
#include <cstdint>
#include <mutex>
#include <vector>

namespace stretto::cuda {

/// Pinned host memory, one word to a cache line. A word is never given back before the device is closed: a lane that
/// was aborted may still have a wait for it in its queue. Any thread.
class Words {
 public:
  using Word = std::atomic<uint64_t>;
  /// Ends every wait. A lane compares by the sign of a difference, so no more than this is more than every value.
  static constexpr uint64_t kEnd = INT64_MAX;

  /// The first words are allocated here. Throws Code::overloaded.
  Words();
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  ~Words();
  /// A word of 0. Allocates when the last block is used up. Throws Code::overloaded.
  Word& take();
  /// Raises every word that was taken to the end. Any number of times.
  void end_all() noexcept;

 private:
  void grow();
  struct alignas(64) Line {
    Word word;
  };
  static constexpr size_t kLines = 1024;
  std::mutex mutex_;
  std::vector<Line*> blocks_;
  size_t used_ = 0;  ///< lines of the last block
};

}  // namespace stretto::cuda
