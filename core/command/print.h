// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How results look: figures with units, aligned columns, JSON. Pure but for print_json.

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace stretto {

/// "1.234 s", "21.3 ms", "4.5 us", "120 ns": three digits at least, never more than four that count.
std::string seconds_text(double seconds);
/// "4 MiB", "1.5 KiB", "12 B".
std::string bytes_text(uint64_t bytes);
/// "14.2 %".
std::string percent_text(double share);

/// Rows of cells as aligned columns. Widths count code points.
class TextTable {
 public:
  enum class Align { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  /// As many cells as there are columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }
  /// Lines that end in '\n', titles first unless all of them are empty.
  std::string text(const std::string& indent = "") const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// On stdout, indented, with what is not UTF-8 replaced.
void print_json(const nlohmann::json& json);

}  // namespace stretto
