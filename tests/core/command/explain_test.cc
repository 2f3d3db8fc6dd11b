// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "program.h"

namespace stretto::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

/// Stated times: 20 ms on each of two senders, then 10 ms for each on one receiver. With one slot a sender waits until
/// its value has been used: 30 ms from one execution to the next; with two, 20 ms.
constexpr const char* kTimed = R"(
[compile]
scheduler = "serial"
inflight = 3
[actor.s]
count = 2
[actor.r]
[[input]]
name = "x"
dtype = "f32"
feed = [1.0]
[[node]]
name = "a"
on = "s[*]"
op = "tensor.busy"
inputs = { x = "x" }
args = { seconds = "20 ms" }
channel = { slots = 1 }
[[node]]
name = "b"
on = "r"
op = "tensor.busy"
inputs = { x = "a[*]" }
args = { seconds = "10 ms" }
channel = { slots = 2 }
[[output]]
name = "y"
from = "b[*]"
[run]
executions = 10
)";

class AnExplanation : public Program {
 protected:
  AnExplanation() : file_(write("timed.toml", kTimed)) {}
  json explained(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"explain", file_, "--json"});
    const Said said = stretto_says(more);
    EXPECT_EQ(said.exit_code, 0) << said.err;
    return json::parse(said.out);
  }
  static double period_with(const json& explanation, const std::string& change) {
    for (const json& remedy : explanation.at("remedies"))
      if (remedy.at("change").get<std::string>().find(change) != std::string::npos) return remedy.at("period");
    return 0;
  }
  std::string file_;
};

TEST_F(AnExplanation, NamesTheCircuitThatLimitsThePeriodAndTheSlotThatBreaksIt) {
  const json all = explained();
  EXPECT_NEAR(all.at("period").get<double>(), 0.030, 0.001);
  EXPECT_THAT(all.at("bottleneck").at("circuit").dump(), HasSubstr("waits for a slot of a["));
  EXPECT_NEAR(period_with(all, "--set node.a.channel.slots=2"), 0.020, 0.001);
  EXPECT_NEAR(all.at("waits").at(0).at("seconds").get<double>(), 0.010, 0.001);
  EXPECT_THAT(all.at("waits").at(0).at("until"), HasSubstr("frees a slot of a["));
}

TEST_F(AnExplanation, WhoseRemedyIsAppliedFindsThePeriodThatItPromised) {
  const json before = explained();
  const json after = explained({"--set", "node.a.channel.slots=2"});
  EXPECT_DOUBLE_EQ(after.at("period").get<double>(), period_with(before, "node.a.channel.slots=2"));
}

TEST_F(AnExplanation, IsWrittenForPeople) {
  const Said said = stretto_says({"explain", file_});
  EXPECT_EQ(said.exit_code, 0);
  for (const char* words : {"period      30 ms from one execution to the next", "bottleneck  a circuit of 4 steps",
                            "what would help, each change alone", "--set node.a.channel.slots=2", "-33."})
    EXPECT_THAT(said.out, HasSubstr(words));
  const Said busy =
      stretto_says({"explain", file_, "--set", "node.a.channel.slots=2", "--set", "node.b.args.seconds=0.2"});
  EXPECT_THAT(busy.out, HasSubstr("lane 'serial' of r, which is never idle"));
  EXPECT_THAT(busy.out, HasSubstr("COMPUTE b[0] (200 ms)"));
}

TEST_F(AnExplanation, OfASavedPlanTriesTheSlotsOfThePlan) {
  EXPECT_EQ(stretto_says({"plan", file_, "--save", path("timed.plan")}).exit_code, 0);
  file_ = path("timed.plan");
  const json all = explained();
  EXPECT_NEAR(all.at("period").get<double>(), 0.030, 0.001);
  EXPECT_LT(period_with(all, "device of"), 0.030);
}

class ASimulation : public AnExplanation {};

TEST_F(ASimulation, PredictsMakespanBoundAndTimeline) {
  const Said said = stretto_says({"simulate", file_, "-n", "4"});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  EXPECT_THAT(said.out, HasSubstr("for 4 executions"));
  EXPECT_THAT(said.out, HasSubstr("s[0] serial |000"));
  EXPECT_THAT(said.out, HasSubstr("| <--"));
  EXPECT_THAT(stretto_says({"simulate", "-q", file_}).out, Not(HasSubstr("|000")));
}

TEST_F(ASimulation, AsJsonHasEveryRunOnRequest) {
  const json report = json::parse(stretto_says({"simulate", file_, "-n", "4", "--json", "-v"}).out);
  // The first values take 20 ms, the last two 10 ms each; the period is 30 ms.
  EXPECT_NEAR(report.at("makespan").get<double>(), 0.130, 0.002);
  EXPECT_LE(report.at("bound").at("seconds").get<double>(), report.at("makespan").get<double>() + 1e-9);
  int computed = 0;
  for (const json& run : report.at("runs")) computed += run.at("step") == "COMPUTE b[0]" ? 1 : 0;
  EXPECT_EQ(computed, 4);
}

TEST_F(ASimulation, IsDrawn) {
  const Said said = stretto_says({"simulate", file_, "--svg", path("timeline.svg")});
  EXPECT_EQ(said.exit_code, 0) << said.err;
  const std::string svg = read("timeline.svg");
  EXPECT_THAT(svg, HasSubstr("COMPUTE a[0], execution 9: "));
  EXPECT_THAT(svg, HasSubstr("stroke=\"#c00\""));
  EXPECT_EQ(stretto_says({"simulate", file_, "--svg", path("none/t.svg")}).exit_code, 2);
  EXPECT_EQ(stretto_says({"simulate", file_, "-n", "0"}).exit_code, 2);
}

TEST_F(ASimulation, IsWhatARunTakes) {
  // Ops that hold their lane for a stated time: the model and the run differ by what sleeping and waking costs, which
  // only ever adds.
  const double predicted = json::parse(stretto_says({"simulate", file_, "--json"}).out).at("makespan");
  const double ran = json::parse(stretto_says({"run", file_, "--json"}).out).at("seconds");
  EXPECT_GE(ran, predicted * 0.98);
}

}  // namespace
}  // namespace stretto::testing
