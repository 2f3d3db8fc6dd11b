// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What `plugin check` tries with a plugin, in a process of its own. One check is one claim of the contract.

#include "stretto/catalogue.h"
#include "stretto/device.h"

#include <functional>
#include <string>

namespace stretto {

/// Thrown by a check whose claim does not hold.
struct ClaimBroken : Error {
  explicit ClaimBroken(const std::string& what) : Error(Code::internal, what) {}
};
/// Thrown by a check that cannot be made here.
struct NotTried : Error {
  explicit NotTried(const std::string& why) : Error(Code::unavailable, why) {}
};

/// Throws ClaimBroken unless it holds.
void claim(bool holds, const std::string& otherwise);

/// Runs `body`, which must throw an Error of this code. Throws ClaimBroken otherwise.
void claim_throws(Code code, const std::string& what, const std::function<void()>& body);

/// When a check gives up waiting for what must come.
inline Deadline soon() { return deadline_after(std::chrono::seconds(10)); }

/// Runs checks one after the other, and says of each when it begins and how it ended: a line of JSON on stdout each, so
/// that the parent knows which one a crash belongs to.
class Trial {
 public:
  explicit Trial(Catalogue& catalogue, std::filesystem::path program)
      : catalogue_(catalogue), program_(std::move(program)) {}
  /// One claim; what the check throws is its verdict.
  void check(const std::string& claim, const std::function<void()>& body);
  Catalogue& catalogue() { return catalogue_; }
  /// This executable, for actors that are processes.
  const std::filesystem::path& program() const { return program_; }

 private:
  Catalogue& catalogue_;
  std::filesystem::path program_;
};

void try_tables(Trial& trial, const LoadedComponent& component);
void try_device(Trial& trial, const LoadedComponent& component);
void try_transport(Trial& trial, const LoadedComponent& component);
void try_scheduler(Trial& trial, const LoadedComponent& component);
void try_ops(Trial& trial, const LoadedComponent& component);

/// A small job that must run, and give the bits that a sequential reference gives.
struct TrialJob {
  std::string scheduler = "overlap";
  std::string transport = "shm";
  std::string device = "cpu";
  bool processes = false;
  uint32_t inflight = 2;
};
/// Throws NotTried where a plugin for the rest of the job is missing, ClaimBroken where bits differ.
void run_trial_job(Trial& trial, const TrialJob& job);

/// The child's part: `stretto plugin trial FILE FOLDER…`. Returns the exit code.
int trial_main(const std::filesystem::path& program, const std::filesystem::path& file,
               std::vector<std::filesystem::path> folders);

}  // namespace stretto
