// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Learns in a child process what a plugin offers, so that one that crashes or hangs is reported, and not fatal.

#include "stretto/device.h"

#include <filesystem>
#include <string>

namespace stretto {

/// Exactly one of the texts is empty.
struct ProbeReport {
  std::filesystem::path file;
  std::string json;   ///< what probe_main printed
  std::string error;  ///< why it cannot be used: refused, crashed (with the signal and last words), or hung
};

/// Runs `program plugin probe FILE`. Blocks until it ends; at the deadline the child is killed. Any thread.
/// Throws Code::unavailable where the program itself cannot be started.
ProbeReport probe(const std::filesystem::path& program, const std::filesystem::path& file, Deadline deadline);

/// The child's part: loads the plugin and prints, as one JSON object on stdout, its name, version and components with
/// their options, ops and devices here; or an object with "error". Returns the exit code: 0, or 3 for an error.
/// Ends with its parent. For a process's main thread, before there are others.
int probe_main(const std::filesystem::path& file);

}  // namespace stretto
