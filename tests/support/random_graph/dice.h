// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Chance that is the same on every machine: the distributions of the standard library are not.

#include <cstdint>
#include <random>
#include <vector>

namespace stretto::testing {

/// One thread.
class Dice {
 public:
  explicit Dice(uint64_t seed) : random_(seed * 0x9E3779B97F4A7C15U + 1) {}
  /// 0 … count - 1.
  uint64_t below(uint64_t count) { return random_() % count; }
  int64_t between(int64_t lowest, int64_t highest) {
    return lowest + static_cast<int64_t>(below(static_cast<uint64_t>(highest - lowest + 1)));
  }
  bool one_in(uint64_t count) { return below(count) == 0; }
  template <class T>
  const T& one_of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace stretto::testing
