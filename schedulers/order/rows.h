// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace stretto {

/// Numbers grouped by row, in one piece of memory.
class Rows {
 public:
  Rows() = default;
  /// `row_of(i)` is the row of item i, for i below `items`. Items of a row keep their order.
  template <class RowOf>
  Rows(uint32_t rows, uint32_t items, RowOf row_of) : start_(rows + 1, 0), items_(items) {
    for (uint32_t i = 0; i < items; ++i) ++start_[row_of(i) + 1];
    for (uint32_t row = 0; row < rows; ++row) start_[row + 1] += start_[row];
    std::vector<uint32_t> next(start_.begin(), start_.end() - 1);
    for (uint32_t i = 0; i < items; ++i) items_[next[row_of(i)]++] = i;
  }
  /// Or number by number, row by row.
  void add(uint32_t number) { items_.push_back(number); }
  void end_row() { start_.push_back(static_cast<uint32_t>(items_.size())); }
  /// Of the row that has not ended.
  std::span<const uint32_t> last() const { return std::span(items_).subspan(start_.back()); }

  std::span<const uint32_t> operator[](uint32_t row) const {
    return {items_.data() + start_[row], items_.data() + start_[row + 1]};
  }

 private:
  std::vector<uint32_t> start_{0};
  std::vector<uint32_t> items_;
};

}  // namespace stretto
