// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stretto::fuzz {

/// Choices read from bytes, one after the other; once they have run out every choice is the first. One thread.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  /// 0 … count - 1; count is 256 at most.
  uint32_t below(uint32_t count) {
    if (rest_.empty()) return 0;
    const auto byte = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return byte % count;
  }
  /// Not where the bytes have run out.
  bool one_in(uint32_t count) { return !rest_.empty() && below(count) == count - 1; }
  template <class T>
  const T& one_of(const std::vector<T>& choices) {
    return choices[below(static_cast<uint32_t>(choices.size()))];
  }

 private:
  std::string_view rest_;
};

}  // namespace stretto::fuzz
