// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The subcommands of `stretto`. Each returns the exit code and throws Error; main turns that into text and a code.

#include "job/job.h"
#include "stretto/catalogue.h"

#include <filesystem>
#include <string>
#include <vector>

namespace stretto {

/// What every subcommand is given. Made by main.
struct Invocation {
  Catalogue& catalogue;
  std::filesystem::path program;  ///< this executable
  Overlays overlays;
  std::string job;  ///< the job's path, or a component's name
  std::string save;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
};

/// Exit codes: a promise to scripts.
enum Exit : int { kDone = 0, kRunFailed = 1, kWrongJob = 2, kMissing = 3, kInterrupted = 130 };

int run_command(const Invocation& invocation);
int check_command(const Invocation& invocation);
int plan_command(const Invocation& invocation);
int plugin_list_command(const Invocation& invocation);
int plugin_info_command(const Invocation& invocation);
int doctor_command(const Invocation& invocation);

/// A job that is ready to run: from a job file, or from what `plan --save` wrote (which has no expectations).
struct Ready {
  Job job;
  Plan plan;
};
/// Reads and compiles, or reads and verifies. Throws Error.
Ready prepare(const Invocation& invocation);
/// What `plan --save` writes.
std::string save(const Ready& ready);

/// A plan for a person's eyes: lane by lane, what each step waits for.
std::string describe(const Plan& plan);
/// A value in a few words: all of a small one, the first elements of a large one.
std::string describe(const Tensor& tensor, bool text);

}  // namespace stretto
