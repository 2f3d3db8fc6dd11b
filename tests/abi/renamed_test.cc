// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/child.h"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <unistd.h>

namespace stretto {
namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) throw std::runtime_error(std::string(name) + " is not set: run with `meson test`");
  return value;
}

/// A job with every component under the name that tests/abi/renamed gives it.
std::string renamed(const std::string& job) {
  std::string text = std::regex_replace(job, std::regex("\"(cpu|shm)\""), "\"other_$1\"");
  text = std::regex_replace(text, std::regex("\"(tensor|blas)\\."), "\"other_$1.");
  return std::regex_replace(text, std::regex("scheduler = \"overlap\""),
                            "scheduler = \"other_overlap\"\ndriver_transport = \"other_shm\"");
}

/// The results of a job, execution by execution, without times. `scheduler` replaces the job's.
nlohmann::json results(const std::string& job, const std::string& scheduler, const std::string& actors) {
  const auto file = std::filesystem::temp_directory_path() / ("stretto-renamed-" + std::to_string(getpid()) + ".toml");
  std::ofstream(file) << job;
  const auto result = run_child({environment("STRETTO_PROGRAM"), "run", file.string(), "--json", "--plugins",
                                 environment("STRETTO_RENAMED_PLUGINS"), "--set", "compile.scheduler=" + scheduler,
                                 "--set", "run.actors=" + actors},
                                std::chrono::steady_clock::now() + std::chrono::seconds(60));
  std::filesystem::remove(file);
  EXPECT_EQ(result.exit_code, 0) << result.diagnostics;
  const auto report = nlohmann::json::parse(result.output, nullptr, false);
  return report.is_object() ? report["executions"] : nlohmann::json();
}

class RenamedPlugins : public ::testing::TestWithParam<std::string> {};

TEST_P(RenamedPlugins, GiveTheSameResults) {
  std::ostringstream text;
  text << std::ifstream(environment("STRETTO_REFERENCE_JOB")).rdbuf();
  const auto small = std::regex_replace(text.str(), std::regex("executions = 5"), "executions = 3");
  for (const std::string scheduler : {"serial", "overlap"}) {
    const auto expected = results(small, scheduler, GetParam());
    ASSERT_EQ(expected.size(), 3U);
    EXPECT_EQ(results(renamed(small), "other_" + scheduler, GetParam()), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(As, RenamedPlugins, ::testing::Values("threads", "processes"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace stretto
