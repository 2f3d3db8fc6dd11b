// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace stretto {

/// One line on stderr where that is a terminal, overwritten as work goes on and gone when it ends; nothing in a pipe
/// or when quiet. One thread. Never more than ten times a second, so that it costs nothing.
class Progress {
 public:
  explicit Progress(bool quiet);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }
  /// "running: 12 of 50". Shown when it is due, and when something else is counted than before.
  void count(const std::string& what, int64_t done, int64_t total);
  /// Shown at once.
  void say(const std::string& what);
  /// Stands before all that follows: "run 3 of 10: ".
  void set_prefix(std::string prefix) { prefix_ = std::move(prefix); }
  /// Before anything else is printed.
  void clear();

 private:
  bool shown_;
  bool dirty_ = false;
  std::string prefix_;
  std::string counted_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace stretto
