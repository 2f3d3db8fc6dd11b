// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "program.h"

#include <map>

namespace stretto::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class ATrace : public Program {
 protected:
  /// Runs the job with these options and returns what was traced.
  json traced(std::vector<std::string> more) {
    more.insert(more.begin(), {"run", job(), "--trace", path("trace.json")});
    const Said said = stretto_says(more);
    EXPECT_EQ(said.exit_code, 0) << said.err;
    EXPECT_THAT(said.err, HasSubstr("open it in ui.perfetto.dev"));
    return json::parse(read("trace.json"));
  }

  /// Every run of every step stands on the track of its lane, in order and without overlap; returns how many runs
  /// each step has.
  static std::map<std::string, int> check_tracks(const json& trace) {
    std::map<std::string, int> runs;
    std::map<std::pair<int, int>, double> ends;
    for (const json& event : trace.at("traceEvents")) {
      if (event.at("ph") != "X") continue;
      const double begin = event.at("ts").get<double>();
      const double duration = event.at("dur").get<double>();
      EXPECT_GE(duration, 0);
      double& end = ends[{event.at("pid").get<int>(), event.at("tid").get<int>()}];
      EXPECT_GE(begin, end - 0.002) << event;  // microseconds, rounded to three digits
      end = begin + duration;
      if (event.at("cat") == "work") ++runs[event.at("name").get<std::string>()];
    }
    return runs;
  }
};

TEST_F(ATrace, HasEveryRunOfEveryStepOfThreadsAndProcesses) {
  for (const char* actors : {"threads", "processes"}) {
    const auto runs = check_tracks(traced({"--set", std::string("run.actors=") + actors}));
    EXPECT_EQ(runs.at("COMPUTE make[0]"), 3) << actors;
    EXPECT_EQ(runs.at("COMPUTE sum"), 3) << actors;
    EXPECT_EQ(runs.at("RECEIVE make[1] on receiver"), 3) << actors;
  }
}

TEST_F(ATrace, OfProcessesIsOnOneClock) {
  const json trace = traced({"--set", "run.actors=processes"});
  std::map<std::string, double> begin;
  std::map<std::string, double> end;
  for (const json& event : trace.at("traceEvents")) {
    if (event.value("cat", "") != "work") continue;
    const auto key = event.at("name").get<std::string>() + event.at("args").at("execution").dump();
    begin[key] = event.at("ts").get<double>();
    end[key] = begin[key] + event.at("dur").get<double>();
  }
  for (const char* execution : {"0", "1", "2"})
    for (const std::string i : {"0", "1"}) {
      EXPECT_LE(end.at("COMPUTE make[" + i + "]" + execution),
                end.at("RECEIVE make[" + i + "] on receiver" + execution));
      EXPECT_LE(end.at("RECEIVE make[" + i + "] on receiver" + execution),
                begin.at(std::string("COMPUTE sum") + execution) + 0.002);
    }
}

TEST_F(ATrace, OfAnAsynchronousDeviceIsTakenWhereTheLaneGetsThere) {
  const auto runs =
      check_tracks(traced({"--plugins", variable("STRETTO_TEST_PLUGINS"), "--set", "actor.*.device=async_device"}));
  EXPECT_EQ(runs.at("COMPUTE make[0]"), 3);
  EXPECT_EQ(runs.at("COMPUTE sum"), 3);
}

TEST_F(ATrace, OfAFailedRunIsWrittenToo) {
  const Said said = stretto_says({"run", job("[4, 4, 4, 4]", "[4, 4, 4, 5]"), "--trace", path("trace.json")});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_EQ(check_tracks(json::parse(read("trace.json"))).at("COMPUTE sum"), 3);
}

TEST_F(ATrace, ThatCannotBeWrittenStopsTheRunBeforeItStarts) {
  const Said said = stretto_says({"run", job(), "--trace", path("none/trace.json")});
  EXPECT_EQ(said.exit_code, 2);
  EXPECT_EQ(said.out, "");
  EXPECT_THAT(said.err, HasSubstr("cannot write the trace '"));
}

}  // namespace
}  // namespace stretto::testing
