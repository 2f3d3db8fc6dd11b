// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "program.h"

namespace stretto::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class APlan : public Program {};

TEST_F(APlan, ShowsEachLaneAndWhatItsStepsWaitFor) {
  const Said said = stretto_says({"plan", job()});
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_THAT(said.out, HasSubstr("3 nodes on 3 actors"));
  EXPECT_THAT(said.out, HasSubstr("actor sender[1] on cpu"));
  EXPECT_THAT(said.out, HasSubstr("  lane compute\n    COMPUTE sum                                  tensor.add\n"));
  EXPECT_THAT(said.out, HasSubstr("      after SEND make[0] → receiver on sender[0], over shm\n"));
  EXPECT_THAT(said.out, HasSubstr("on receiver of 2 executions before: frees a slot of make[0]\n"));
  EXPECT_THAT(said.out, HasSubstr("make[1] → receiver"));
  EXPECT_THAT(said.out, Not(HasSubstr("the lane's order")));
  EXPECT_THAT(stretto_says({"plan", "-v", job("\"overlap\"", "\"serial\"")}).out, HasSubstr("(the lane's order)"));
}

TEST_F(APlan, AsJsonIsTheWholePlan) {
  const json plan = json::parse(stretto_says({"plan", "--json", job()}).out);
  EXPECT_EQ(plan.at("nodes").size(), 3U);
  EXPECT_GT(plan.at("steps").size(), 3U);
}

TEST_F(APlan, OfAutoStagesNothingWhereSlotsAreReadInPlace) {
  for (const char* component : {"cuda", "ucx"})
    if (stretto_says({"plugin", "info", component}).exit_code != 0)
      GTEST_SKIP() << "this build has no " << component << ", which stages what lies on a GPU";
  // ucx accepts both actors' memory, as shm does not; but it would copy twice what shm's reader copies once.
  const Said said =
      stretto_says({"plan", job(), "--set", "compile.transport=auto", "--set", "actor.receiver.device=cuda"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("on sender[0], over shm"));
  EXPECT_THAT(said.out, Not(HasSubstr("over ucx")));
}

class ASavedPlan : public Program {
 protected:
  std::string saved(const std::string& file) const {
    const Said said = stretto_says({"plan", file, "--save", path("job.plan")});
    EXPECT_EQ(said.exit_code, 0) << said.err;
    EXPECT_EQ(said.out, "");
    EXPECT_THAT(said.err, HasSubstr("runs it"));
    return path("job.plan");
  }
};

TEST_F(ASavedPlan, RunsWithItsFeedsAndHoldsItsExpectations) {
  const Said good = stretto_says({"run", saved(job())});
  EXPECT_EQ(good.exit_code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr("execution 2  total  [8, 8, 8, 8]"));
  const Said bad = stretto_says({"run", saved(job("[8, 8, 8, 8]", "[8, 8, 8, inf]"))});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_THAT(bad.err, HasSubstr("job.toml:34:10: execution 2: output 'total': expected inf, found 8 at [3]"));
}

TEST_F(ASavedPlan, KeepsItsDeadlines) {
  const std::string file = saved(job("executions = 3", "executions = 2\nprogress = \"3 s\"\nclose = 0.5"));
  const json run = json::parse(read("job.plan")).at("run");
  EXPECT_EQ(
      run,
      json({{"executions", 2}, {"open", 30.0}, {"submit", 60.0}, {"get", 600.0}, {"progress", 3.0}, {"close", 0.5}}));
}

TEST_F(ASavedPlan, TakesKeysOfRunAndNoOthers) {
  const std::string file = saved(job());
  const json report = json::parse(stretto_says({"run", file, "--json", "--set", "run.executions=5"}).out);
  EXPECT_EQ(report.at("executions").size(), 5U);
  const std::vector<std::pair<std::vector<std::string>, const char*>> refused{
      {{"--set", "run.actors=processes"}, "'run.actors' excepted"},
      {{"--set", "compile.inflight=4"}, "give this one to `plan --save`"},
      {{"--set", "run.executoins=5"}, "did you mean 'executions'?"},
      {{"--set", "run.executions=0"}, "expected an integer from 1 to"},
      {{"--with", write("more.toml", "")}, "--with changes a job, not a saved plan"},
  };
  for (const auto& [more, words] : refused) {
    std::vector<std::string> arguments{"run", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Said said = stretto_says(arguments);
    EXPECT_EQ(said.exit_code, 2);
    EXPECT_THAT(said.err, HasSubstr(words));
  }
}

TEST_F(ASavedPlan, IsTheSamePlan) {
  const std::string file = job();
  const auto hash_of = [&](const std::string& what) {
    return json::parse(stretto_says({"check", "--json", what}).out).at("plan");
  };
  EXPECT_EQ(hash_of(saved(file)), hash_of(file));
}

TEST_F(ASavedPlan, ThatIsDamagedIsRefusedNamingTheFile) {
  const std::string file = saved(job());
  const json whole = json::parse(read("job.plan"));
  const auto refused = [&](const json& damaged, const char* words) {
    const Said said = stretto_says({"run", write("damaged.plan", damaged.dump())});
    EXPECT_EQ(said.exit_code, 2) << said.err;
    EXPECT_EQ(said.out, "");
    EXPECT_THAT(plain(said.err), ::testing::StartsWith("stretto: damaged.plan: "));
    EXPECT_THAT(said.err, HasSubstr(words));
  };
  json damaged = whole;
  damaged["format"] = 99;
  refused(damaged, "found format 99, expected 1");
  damaged = whole;
  damaged["stretto"] = "something";
  refused(damaged, "not a saved plan");
  damaged = whole;
  damaged.erase("feeds");
  refused(damaged, "feeds");
  damaged = whole;
  damaged["feeds"] = json::array();
  refused(damaged, "0 feeds for 1 inputs");
  damaged = whole;
  damaged["feeds"][0][0]["bytes"] = "zz000000";
  refused(damaged, "expected hex digits");
  damaged = whole;
  damaged["feeds"][0][0]["bytes"] = "00";
  refused(damaged, "found 1 bytes for f32[]");
  damaged = whole;
  damaged["expectations"][0]["outputs"][0] = 7;
  refused(damaged, "found output 7, there are 1");
  EXPECT_EQ(stretto_says({"run", write("cut.plan", read("job.plan").substr(0, 200))}).exit_code, 2);
}

TEST_F(ASavedPlan, ThatCannotBeWrittenIsAnError) {
  const Said said = stretto_says({"plan", job(), "--save", path("none/job.plan")});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_THAT(said.err, HasSubstr("cannot write '"));
}

}  // namespace
}  // namespace stretto::testing
