// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs a program to its end and keeps what it writes.

#include "stretto/device.h"

#include <string>
#include <vector>

namespace stretto {

struct ChildResult {
  int exit_code = 0;        ///< meaningful where signal is 0 and it was not late
  int signal = 0;           ///< that ended it
  bool late = false;        ///< killed at the deadline
  std::string output;       ///< stdout
  std::string diagnostics;  ///< stderr
};

/// Runs `arguments[0]` with stdin closed. Blocks until the child has ended; at the deadline it is killed. Any thread.
/// Throws Code::unavailable where it cannot be started.
ChildResult run_child(const std::vector<std::string>& arguments, Deadline deadline);

}  // namespace stretto
