// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The real executable, run to its end, in a folder of its own.

#include "loader/child.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace stretto::testing {

/// A variable that `meson test` sets.
inline std::string variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string(name) + " is not set: run with `meson test`");
  return value;
}

struct Said {
  int exit_code = -1;
  std::string out;
  std::string err;
};

/// Runs `stretto` with these arguments. Gives up after two minutes.
inline Said stretto_says(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), variable("STRETTO_PROGRAM"));
  const ChildResult child = run_child(arguments, std::chrono::steady_clock::now() + std::chrono::minutes(2));
  EXPECT_FALSE(child.late) << child.diagnostics;
  EXPECT_EQ(child.signal, 0) << child.diagnostics;
  return {child.exit_code, child.output, child.diagnostics};
}

/// Two senders with a scalar each, one receiver that adds them up: small enough to run everywhere.
inline constexpr const char* kSum = R"(format = 1

[compile]
scheduler = "overlap"
inflight = 2

[actor.sender]
count = 2

[actor.receiver]

[[input]]
name = "level"
dtype = "f32"
shape = []
feed = [1.0, 2.0, 4.0]

[[node]]
name = "make"
on = "sender[*]"
op = "tensor.fill"
inputs = { value = "level" }
args = { shape = [4], dtype = "f32" }

[[node]]
name = "sum"
on = "receiver"
op = "tensor.add"
inputs = { values = "make[:]" }

[[output]]
name = "total"
from = "sum"
expect = [[2, 2, 2, 2], [4, 4, 4, 4], [8, 8, 8, 8]]

[run]
executions = 3
)";

/// Files of one test.
class Program : public ::testing::Test {
 protected:
  Program() {
    std::string pattern = (std::filesystem::temp_directory_path() / "stretto-command-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    folder_ = pattern;
  }
  ~Program() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return path(name);
  }
  std::string read(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    EXPECT_TRUE(file) << name << " was not written";
    return (std::ostringstream() << file.rdbuf()).str();
  }
  /// The job above, with the first `from` in it replaced.
  std::string job(const std::string& from = "", const std::string& to = "") const {
    std::string text = kSum;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << "the job has no " << from;
    return write("job.toml", text.replace(at, from.size(), to));
  }
  /// What was said, without the folder's name.
  std::string plain(std::string text) const {
    const std::string prefix = folder_.string() + "/";
    for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) text.erase(at, prefix.size());
    return text;
  }

  std::filesystem::path folder_;
};

}  // namespace stretto::testing
