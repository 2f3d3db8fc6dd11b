// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/probe.h"

#include "core/loader/plugin_folder.h"
#include "loader/child.h"

#include <chrono>
#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace stretto {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }

/// This test program is its own child: `main` below answers `plugin probe FILE`.
ProbeReport probed(const std::string& plugin, std::chrono::milliseconds time = std::chrono::seconds(60)) {
  const char* built = std::getenv("STRETTO_FAULTY");
  return probe("/proc/self/exe", std::filesystem::path(built == nullptr ? "" : built) / (plugin + ".so"), in(time));
}

TEST(ProbedPlugin, TellsWhatItOffers) {
  const auto report = probed("sparse");
  EXPECT_THAT(report.error, IsEmpty());
  const auto json = nlohmann::json::parse(report.json);
  EXPECT_EQ(json["plugin"], "sparse");
  EXPECT_EQ(json["components"][0]["kind"], "transport");
  EXPECT_EQ(json["components"][0]["memory_kinds"][0], "host");
  EXPECT_EQ(json["components"][0]["flags"], nlohmann::json::array({"threads"}));
}

TEST(ProbedPlugin, IsReportedWhenItCrashes) {
  const auto report = probed("crashing");
  EXPECT_THAT(report.error, AllOf(HasSubstr("signal 11"), HasSubstr("last words of the crashing plugin")));
  EXPECT_THAT(report.json, IsEmpty());
}

TEST(ProbedPlugin, IsReportedWhenItHangs) {
  EXPECT_THAT(probed("hanging", std::chrono::milliseconds(200)).error, HasSubstr("did not answer"));
}

TEST(ProbedPlugin, IsReportedWhenItIsRefused) {
  EXPECT_THAT(probed("wrong_version").error, HasSubstr("ABI version 7"));
  EXPECT_THAT(probed("not there").error, HasSubstr("cannot open shared object file"));
}

TEST(ChildProcess, HandsOverBothStreamsAndItsExitCode) {
  const auto result = run_child({"/bin/sh", "-c", "echo out; echo words >&2; exit 7"}, in(std::chrono::seconds(60)));
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.diagnostics, "words\n");
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_FALSE(result.late);
}

TEST(ChildProcess, MayWriteMoreThanAPipeHolds) {
  const auto result = run_child({"/bin/sh", "-c", "head -c 1000000 /dev/zero"}, in(std::chrono::seconds(60)));
  EXPECT_EQ(result.output.size(), 1'000'000U);
}

TEST(ChildProcess, ThatIsNoProgramIsAnError) {
  try {
    run_child({"/nonexistent/program"}, Deadline::max());
    FAIL() << "it was started";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::unavailable);
    EXPECT_THAT(error.what(), HasSubstr("/nonexistent/program cannot be started: No such file"));
  }
}

}  // namespace
}  // namespace stretto

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[2]) == "probe") return stretto::probe_main(argv[3]);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
