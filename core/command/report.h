// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Results held against what the job expects.

#include "command/job_run.h"

namespace stretto {

/// What the values of one execution got wrong, output by output, each with the expectation's position. Pure.
std::vector<std::string> mismatches(const Ready& ready, const Result& result);

/// Every error and mismatch of a run, none twice: all executions that die of one cause say the same.
class Errors {
 public:
  explicit Errors(const Ready& ready) : ready_(&ready) {}
  /// The result's error or its mismatches.
  std::vector<std::string> add(const Result& result);
  void add(const std::vector<std::string>& found);
  /// In the order they came; at most a hundred, then how many more there are.
  std::vector<std::string> list() const;
  bool none() const { return all_.empty(); }

 private:
  const Ready* ready_;
  std::vector<std::string> all_;
  uint64_t more_ = 0;
};

}  // namespace stretto
