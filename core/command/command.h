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

/// What the command line said. One for all subcommands: each reads its own part.
struct Request {
  std::string job;  ///< the job's path; a component's name; a plugin's kind or file
  Overlays overlays;
  std::vector<std::string> plugin_folders;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  std::string save;               ///< plan
  std::string trace;              ///< run
  bool reference = false;         ///< run
  std::string format;             ///< draw
  std::string output;             ///< draw: empty: stdout; calibrate; plugin new: the folder
  std::string name;               ///< plugin new
  std::string templates;          ///< plugin new
  std::vector<std::string> vary;  ///< compare
  int64_t repeat = 5;             ///< compare, calibrate
  bool simulate = false;          ///< compare
  int64_t executions = 0;         ///< simulate, explain; 0: as the job says
  std::string svg;                ///< simulate
};

/// What every subcommand is given. Made by main.
struct Invocation : Request {
  Invocation(const Request& request, Catalogue& found, std::filesystem::path executable,
             std::vector<std::string> variables)
      : Request(request), catalogue(found), program(std::move(executable)), environment(std::move(variables)) {}
  Catalogue& catalogue;
  std::filesystem::path program;         ///< this executable
  std::vector<std::string> environment;  ///< "NAME=value"
};

/// Exit codes: a promise to scripts.
enum Exit : int { kDone = 0, kRunFailed = 1, kWrongJob = 2, kMissing = 3, kInterrupted = 130 };

/// The exit code that says what kind of error ended a command.
int exit_code(Code code);

int run_command(const Invocation& invocation);
int check_command(const Invocation& invocation);
int plan_command(const Invocation& invocation);
int compare_command(const Invocation& invocation);
int plugin_new_command(const Invocation& invocation);
int plugin_check_command(const Invocation& invocation);
int plugin_list_command(const Invocation& invocation);
int plugin_info_command(const Invocation& invocation);
int calibrate_command(const Invocation& invocation);
int explain_command(const Invocation& invocation);
int simulate_command(const Invocation& invocation);
int schema_command(const Invocation& invocation);
int draw_command(const Invocation& invocation);
int doctor_command(const Invocation& invocation);

}  // namespace stretto
