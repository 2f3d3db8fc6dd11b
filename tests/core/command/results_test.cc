// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "program.h"

namespace stretto::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

class ACommandLine : public Program {};

TEST_F(ACommandLine, ThatIsWrongExitsWith2AndNamesTheRightWord) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases{
      {{}, "expected a command after 'stretto': one of run, check"},
      {{"rnu"}, "found the command 'rnu', expected one of run, check"},
      {{"plugin"}, "expected a command after 'stretto plugin': one of list, new, check, info"},
      {{"plugin", "lst"}, "did you mean 'list'?"},
      {{"run"}, "job is required; `stretto run --help` says more"},
      {{"run", "job.toml", "--jsn"}, "did you mean '--json'?"},
      {{"run", "job.toml", "other.toml"}, "other.toml"},
      {{"run", "job.toml", "--set"}, "--set"},
      {{"run", "none.toml"}, "cannot read 'none.toml'"},
      {{"check", "--set", "a=b", "c=d", "job.toml"}, ""},
  };
  for (const auto& [arguments, words] : cases) {
    const Said said = stretto_says(arguments);
    EXPECT_EQ(said.exit_code, 2) << said.err;
    EXPECT_EQ(said.out, "");
    EXPECT_THAT(said.err, StartsWith("stretto: "));
    EXPECT_THAT(said.err, HasSubstr(words));
  }
}

TEST_F(ACommandLine, HasHelpForEveryCommandOnStdout) {
  const Said all = stretto_says({"--help"});
  EXPECT_EQ(all.exit_code, 0);
  EXPECT_THAT(all.out, HasSubstr("Exit codes: 0 done, 1 the run failed, 2"));
  EXPECT_EQ(all.err, "");
  for (const char* command : {"run", "check", "plan"}) {
    const Said said = stretto_says({command, "--help"});
    EXPECT_EQ(said.exit_code, 0);
    EXPECT_THAT(said.out, HasSubstr(std::string("stretto ") + command + " job.toml")) << "help without an example";
    for (const char* option : {"--set", "--with", "--json", "--quiet", "--verbose"})
      EXPECT_THAT(said.out, HasSubstr(option));
  }
}

class ARun : public Program {};

TEST_F(ARun, PutsResultsOnStdoutAndNothingElse) {
  const Said said = stretto_says({"run", job()});
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_EQ(said.err, "") << "a pipe sees no progress";
  EXPECT_THAT(said.out, StartsWith("execution 0  total  [2, 2, 2, 2]\nexecution 1  total  [4, 4, 4, 4]\n"
                                   "execution 2  total  [8, 8, 8, 8]\nscheduler=overlap, duration="));
}

TEST_F(ARun, ThatIsQuietPrintsTheLineOfFiguresAlone) {
  const Said said = stretto_says({"run", "-q", job()});
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_THAT(said.out, MatchesRegex("scheduler=overlap, duration=[0-9.]+ s, executions=3, [^\n]*\n"));
}

TEST_F(ARun, ThatIsVerboseAddsEveryStepAndTheTimesAround) {
  const Said said = stretto_says({"run", "-v", job()});
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_THAT(said.out, HasSubstr("COMPUTE sum"));
  EXPECT_THAT(said.out, HasSubstr("RECEIVE make[1]"));
  EXPECT_THAT(said.err, HasSubstr("3 actors as threads: opened in "));
}

TEST_F(ARun, AsJsonHasValuesFiguresAndSteps) {
  const Said said = stretto_says({"run", "--json", job()});
  EXPECT_EQ(said.exit_code, 0);
  const json report = json::parse(said.out);
  EXPECT_EQ(report.at("ok"), true);
  EXPECT_GT(report.at("seconds").get<double>(), 0);
  ASSERT_EQ(report.at("executions").size(), 3U);
  const json& value = report.at("executions").at(2).at("outputs").at("total").at("value");
  EXPECT_EQ(value.at("values"), json({8.0, 8.0, 8.0, 8.0}));
  EXPECT_EQ(value.at("dtype"), "f32");
  bool summed = false;
  for (const json& step : report.at("steps"))
    summed = summed || (step.at("step") == "COMPUTE sum" && step.at("count") == 3);
  EXPECT_TRUE(summed);
}

TEST_F(ARun, WithOtherValuesThanExpectedFailsNamingOutputExecutionAndPosition) {
  const std::string file = job("[4, 4, 4, 4]", "[4, 4, 5, 4]");
  const Said said = stretto_says({"run", file});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_EQ(plain(said.err), "stretto: job.toml:34:10: execution 1: output 'total': expected 5, found 4 at [2]\n");
  EXPECT_THAT(said.out, Not(HasSubstr("duration="))) << "a failed run has no figures";
  const json report = json::parse(stretto_says({"run", "--json", file}).out);
  EXPECT_EQ(report.at("ok"), false);
  EXPECT_EQ(report.at("executions").at(1).at("mismatches").size(), 1U);
  EXPECT_FALSE(report.at("executions").at(0).contains("mismatches"));
}

TEST_F(ARun, WhoseOpFailsExitsWith1AndKeepsTheOtherExecutions) {
  const std::string file =
      job("[[output]]",
          "[[node]]\nname = \"trap\"\non = \"receiver\"\nop = \"tensor.fail\"\ninputs = { x = \"sum\" }\n"
          "args = { at = [1] }\n[[output]]\nname = \"trapped\"\nfrom = \"trap\"\n[[output]]");
  const Said said = stretto_says({"run", file});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.err, HasSubstr("execution 1: node 'trap' (tensor.fail) on actor 'receiver': "));
  EXPECT_THAT(said.out, HasSubstr("execution 2  trapped  [8, 8, 8, 8]"));
}

TEST_F(ARun, WithoutAFeedExitsWith2AndSaysWhatIsMissing) {
  const Said said = stretto_says({"run", job("feed = [1.0, 2.0, 4.0]\n", "")});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_THAT(plain(said.err), StartsWith("stretto: job.toml:13:"));
  EXPECT_THAT(said.err, HasSubstr("input 'level' has no feed"));
}

TEST_F(ARun, TakesOverlaysInOrderAndTheLastCounts) {
  const std::string file = job();
  const std::string first = write("first.toml", "[run]\nexecutions = 1\n[compile]\nscheduler = \"serial\"\n");
  const std::string second = write("second.toml", "[run]\nexecutions = 2\n");
  const auto executions = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"run", "--json", file});
    const Said said = stretto_says(more);
    EXPECT_EQ(said.exit_code, 0) << said.err;
    return json::parse(said.out);
  };
  const json one = executions({"--with", first});
  EXPECT_EQ(one.at("executions").size(), 1U);
  EXPECT_EQ(one.at("scheduler"), "serial");
  EXPECT_EQ(executions({"--with", first, "--with", second}).at("executions").size(), 2U);
  EXPECT_EQ(executions({"--with", second, "--with", first}).at("executions").size(), 1U);
  EXPECT_EQ(executions({"--set", "run.executions=5", "--with", second}).at("executions").size(), 5U);
  EXPECT_EQ(executions({"--set", "run.executions=5", "--set", "run.executions=4"}).at("executions").size(), 4U);
}

TEST_F(ARun, ThatCannotWriteItsResultsFails) {
  const std::string line = variable("STRETTO_PROGRAM") + " run " + job() + " >/dev/full";
  const ChildResult shell =
      run_child({"/bin/sh", "-c", line}, std::chrono::steady_clock::now() + std::chrono::minutes(1));
  EXPECT_EQ(shell.exit_code, 1);
  EXPECT_THAT(shell.diagnostics, HasSubstr("cannot write the results: No space left on device"));
}

class ACheck : public Program {};

TEST_F(ACheck, SaysWhatItCompiledAndIsSilentWhenQuiet) {
  const std::string file = job();
  EXPECT_THAT(stretto_says({"check", file}).out, StartsWith("ok: 3 nodes on 3 actors, 4 channels, "));
  EXPECT_EQ(stretto_says({"check", "-q", file}).out, "");
  EXPECT_THAT(stretto_says({"check", "-v", file}).out, HasSubstr("transport"));
  const json report = json::parse(stretto_says({"check", "--json", file}).out);
  EXPECT_EQ(report.at("ok"), true);
  EXPECT_EQ(report.at("nodes"), 3);
  EXPECT_EQ(report.at("plan").get<std::string>().size(), 64U);
}

constexpr const char* kImpure = R"(format = 1
[actor.a]
[[node]]
name = "who"
on = "a"
op = "impure.process"
[[output]]
name = "number"
from = "who"
[run]
executions = 2
actors = "processes"
)";

TEST_F(ARun, IsHeldToTheSequentialReferenceBitForBit) {
  const Said same = stretto_says({"run", "-q", "--reference", job()});
  EXPECT_EQ(same.exit_code, 0) << same.err;
  EXPECT_THAT(same.out, HasSubstr("bits=those of the sequential reference"));

  std::filesystem::copy_file(variable("STRETTO_FAULTY") + "/impure.so", path("impure.so"));
  const std::vector<std::string> impure{"run", "--plugins", folder_.string(), write("impure.toml", kImpure)};
  auto compared = impure;
  compared.insert(compared.begin() + 1, "--reference");
  EXPECT_EQ(stretto_says(impure).exit_code, 0);
  const Said other = stretto_says(compared);
  EXPECT_EQ(other.exit_code, 1) << other.out;
  EXPECT_THAT(other.err, HasSubstr("execution 1: output 'number': found "));
  EXPECT_THAT(other.err, HasSubstr("the sequential reference has "));
}

constexpr const char* kFailing = R"(format = 1
[actor.a]
[[input]]
name = "x"
dtype = "f32"
shape = []
feed = [1.0]
[[node]]
name = "sometimes"
on = "a"
op = "tensor.fail"
inputs = { x = "x" }
args = { at = [1], message = "out of luck" }
[[output]]
name = "y"
from = "sometimes"
[run]
executions = 3
)";

TEST_F(ARun, WhoseExecutionFailsInTheReferenceTooHasTheOpsErrorAlone) {
  const Said said = stretto_says({"run", "--reference", write("failing.toml", kFailing)});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_THAT(said.err, HasSubstr("out of luck"));
  EXPECT_THAT(said.err, Not(HasSubstr("reference")));
}

constexpr const char* kStuck = R"(format = 1

[actor.a]

[[node]]
name = "never"
on = "a"
op = "stuck.wait"

[[output]]
name = "y"
from = "never"

[run]
executions = 1
actors = "threads"
progress = 1.0
close = 1.0
)";

TEST_F(ARun, WhoseOpNeverReturnsEndsAllTheSameAndSoDoesTheProcess) {
  std::filesystem::copy_file(variable("STRETTO_FAULTY") + "/stuck.so", path("stuck.so"));
  const Said said = stretto_says({"run", "--plugins", folder_.string(), write("stuck.toml", kStuck)});
  EXPECT_EQ(said.exit_code, 1) << said.err;
  EXPECT_THAT(said.err, HasSubstr("actor 'a' with step 'COMPUTE never'"));
}

}  // namespace
}  // namespace stretto::testing
