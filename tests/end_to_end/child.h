// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Programs that a test starts, stops and kills.

#include "stretto/device.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace stretto::testing {

/// A program in a process group of its own, its output in a pipe. Killed when destroyed. One thread.
class Child {
 public:
  /// `arguments[0]` is the program. `files` are open in it under the same names only if it opens them itself.
  explicit Child(const std::vector<std::string>& arguments);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();
  int process() const { return process_; }
  /// The next line of its standard output, without the end; nothing at its end or at the deadline.
  std::optional<std::string> line(Deadline deadline);
  /// To the program alone.
  void signal(int number) const;
  /// To its process group, as a terminal does.
  void signal_group(int number) const;
  /// Its exit status; 128 + n after signal n; nothing at the deadline.
  std::optional<int> wait(Deadline deadline);

 private:
  int process_ = -1;
  int output_ = -1;
  std::string read_;
  std::optional<int> status_;
};

/// Processes that descend from this one become its children when their parents die, and can be reaped.
void adopt_orphans();
/// Reaps every child that has ended. Returns those that are left at the deadline, apart from `known`.
std::set<int> left_children(const std::set<int>& known, Deadline deadline);

}  // namespace stretto::testing
