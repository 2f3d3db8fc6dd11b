// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "program.h"

#include <filesystem>

namespace stretto::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ACalibration : public Program {};

TEST_F(ACalibration, WritesACostFileThatCompilationTakes) {
  const std::string file = job();
  const Said said = stretto_says({"calibrate", file, "-o", path("costs.toml"), "--repeat", "2"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("costs.toml: 2 ops, 1 transport, 0 links"));
  EXPECT_THAT(said.out, HasSubstr("this job: measured "));
  const std::string costs = read("costs.toml");
  EXPECT_THAT(costs, HasSubstr("tensor.fill("));
  EXPECT_THAT(costs, HasSubstr("f32[4]"));
  EXPECT_THAT(costs, HasSubstr("[transport.\"shm\"]"));

  // The durations of the plan's steps are now those of the file.
  const auto plan_of = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"plan", "--json", file});
    return json::parse(stretto_says(more).out);
  };
  const auto seconds_of = [](const json& plan, const std::string& name) {
    for (const json& step : plan.at("steps"))
      if (step.at("name") == name) return step.at("seconds").get<double>();
    return -1.0;
  };
  const std::string set = "compile.costs=\"" + path("costs.toml") + "\"";
  const double before = seconds_of(plan_of({}), "COMPUTE sum");
  const double after = seconds_of(plan_of({"--set", set}), "COMPUTE sum");
  EXPECT_GT(after, 0);
  EXPECT_NE(after, before);
  EXPECT_EQ(stretto_says({"explain", file, "--set", set}).exit_code, 0);
}

TEST_F(ACalibration, OfTimedOpsFindsTheirTimes) {
  const std::string file = job("op = \"tensor.add\"\ninputs = { values = \"make[:]\" }",
                               "op = \"tensor.busy\"\ninputs = { x = \"make[0]\" }\nargs = { seconds = \"15 ms\" }\n"
                               "[[node]]\nname = \"rest\"\non = \"receiver\"\nop = \"tensor.copy\"\n"
                               "inputs = { x = \"make[1]\" }\n[[output]]\nname = \"rest\"\nfrom = \"rest\"");
  const Said said = stretto_says({"calibrate", file, "-o", path("costs.toml"), "--repeat", "1", "--set",
                                  "output.total.expect=[1, 1, 1, 1]", "--set", "run.executions=1"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  const json predicted = json::parse(
      stretto_says({"simulate", file, "--json", "--set", "compile.costs=\"" + path("costs.toml") + "\""}).out);
  EXPECT_GE(predicted.at("period").get<double>(), 0.0149) << "an op that sleeps never takes less";
}

TEST_F(ACalibration, ProbesTheLinksOfATransportThatMovesBytes) {
  const std::string file = job("inflight = 2", "transport = \"rendezvous\"");
  const Said said = stretto_says({"calibrate", file, "-o", path("costs.toml"), "--repeat", "1", "--json", "--plugins",
                                  variable("STRETTO_TEST_PLUGINS")});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(said.err, "");
  EXPECT_EQ(json::parse(said.out).at("links"), 2);
  const std::string costs = read("costs.toml");
  EXPECT_THAT(costs, HasSubstr("[[link]]"));
  EXPECT_THAT(costs, HasSubstr("from = \"sender[1]\""));
  EXPECT_THAT(costs, HasSubstr("bandwidth"));
}

TEST_F(ACalibration, LaunchesActorsForProbesAsForTheJob) {
  if (stretto_says({"plugin", "info", "ucx"}).exit_code != 0)
    GTEST_SKIP() << "this build has no ucx, the transport that moves bytes between processes";
  const std::string file = job("[actor.receiver]\n", "[actor.receiver]\nlaunch = [\"sh\", \"-c\", \"echo launched >>" +
                                                         path("launches") + "; exec \\\"$@\\\"\", \"sh\"]\n");
  const Said said = stretto_says({"calibrate", file, "-o", path("costs.toml"), "--repeat", "1", "--json", "--set",
                                  "compile.transport=ucx", "--set", "run.actors=processes"});
  ASSERT_EQ(said.exit_code, 0) << said.err;
  EXPECT_EQ(json::parse(said.out).at("links"), 2);
  EXPECT_EQ(read("launches"), "launched\nlaunched\n") << "once for the job, once for its links";
}

TEST_F(ACalibration, OfAWrongRunWritesNothingAndSaysWhy) {
  const Said said = stretto_says({"calibrate", job("[4, 4, 4, 4]", "[4, 4, 4, 5]"), "-o", path("costs.toml")});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.err, HasSubstr("expected 5, found 4"));
  EXPECT_FALSE(std::filesystem::exists(path("costs.toml")));
  EXPECT_EQ(stretto_says({"calibrate", job()}).exit_code, 2) << "without -o";
  EXPECT_EQ(stretto_says({"calibrate", job(), "-o", path("none/costs.toml")}).exit_code, 2);
}

}  // namespace
}  // namespace stretto::testing
