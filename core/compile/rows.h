// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace stretto::compiling {

/// Short lists of numbers, one for each row, in one piece of memory: a large graph has millions of them.
class Rows {
 public:
  Rows() = default;
  /// `each` calls what it is given with (row, number) for every number. It is called twice, and must say the same both
  /// times. The numbers of a row keep their order.
  template <class Each>
  Rows(size_t rows, const Each& each) : start_(rows + 2, 0) {
    // A row's count stands two places on, so that the place between can serve as the next free one.
    each([&](uint32_t row, uint32_t /*number*/) { ++start_[row + 2]; });
    std::partial_sum(start_.begin(), start_.end(), start_.begin());
    numbers_.resize(start_.back());
    each([&](uint32_t row, uint32_t number) { numbers_[start_[row + 1]++] = number; });
  }

  std::span<const uint32_t> operator[](uint32_t row) const {
    return {numbers_.data() + start_[row], numbers_.data() + start_[row + 1]};
  }
  size_t row_count() const { return start_.size() - 2; }
  /// Row after row.
  std::span<const uint32_t> all() const { return numbers_; }

 private:
  std::vector<uint32_t> start_{0, 0};
  std::vector<uint32_t> numbers_;
};

}  // namespace stretto::compiling
