// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a run must not leave behind: threads, child processes, file descriptors, shared memory.

#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

namespace stretto::testing {

/// What this process holds at one moment.
struct Holdings {
  std::multiset<std::string> descriptors;  ///< what they point to
  std::set<std::string> shared_memory;     ///< files of it
  std::set<int> children;                  ///< of any thread; zombies too
  size_t threads = 0;
};
Holdings holdings();

/// Children of a process, zombies too; whichever of its threads started them.
std::set<int> children(const std::string& process = "self");
/// The command line of a process, blanks between its words; empty where it is gone.
std::string command_line(int process);
/// Neither running nor a zombie.
bool gone(int process);

/// Takes stock when made; `nothing_more` compares. A thread that has been joined may take a moment to leave /proc, so
/// it waits until the lists are alike, for some seconds at most. All plugins are loaded before: they stay, and so do
/// threads that a library behind them keeps (OpenBLAS's pool).
class Leftovers {
 public:
  Leftovers();
  ::testing::AssertionResult nothing_more() const;

 private:
  Holdings before_;
};

}  // namespace stretto::testing
