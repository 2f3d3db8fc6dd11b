// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "trace/run_trace.h"

#include "trace/chrome_trace.h"
#include "trace/recording.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sstream>

namespace stretto {
namespace {

TEST(ALaneRecording, KeepsItsBeginningAndCountsTheRest) {
  LaneRecording recording(2);
  for (int64_t execution = 0; execution < 5; ++execution) recording.add({7, execution, 1, 2, 3});
  ASSERT_EQ(recording.steps().size(), 2U);
  EXPECT_EQ(recording.steps()[1].execution, 1);
  EXPECT_EQ(recording.dropped(), 3U);
  EXPECT_FALSE(LaneRecording().on());
}

TEST(PackedTraces, ComeBackAsTheyWere) {
  LaneRecording first(3);
  first.add({4, 5, 6, 7, 8});
  LaneRecording second(1);
  second.add({});
  second.add({});
  std::vector<std::byte> bytes;
  pack(9, first, bytes);
  pack(2, second, bytes);
  const auto traces = unpack_traces(bytes);
  ASSERT_EQ(traces.size(), 2U);
  EXPECT_EQ(traces[0].lane, 9U);
  ASSERT_EQ(traces[0].steps.size(), 1U);
  EXPECT_EQ(traces[0].steps[0].end, 8);
  EXPECT_EQ(traces[1].dropped, 1U);
  EXPECT_TRUE(unpack_traces({}).empty());
}

TEST(PackedTraces, ThatAreCutOffAreRefused) {
  LaneRecording recording(1);
  recording.add({});
  std::vector<std::byte> bytes;
  pack(0, recording, bytes);
  for (size_t size = 1; size < bytes.size(); ++size)
    EXPECT_THROW(unpack_traces(std::span(bytes).first(size)), Error) << size;
}

/// Actor a computes step 0 and sends it by step 1; actor b receives it by step 2. Lanes 0 and 1.
Plan two_actors(bool rendezvous) {
  Plan plan;
  plan.name = "a \"quoted\" name";
  plan.actors.resize(3);
  plan.actors[0].name = "a";
  plan.actors[1].name = "b";
  plan.actors[2].name = "driver";
  plan.lanes = {{0, "work", {0, 1}}, {1, "receive", {2}}};
  plan.steps.resize(3);
  const std::array kinds{StepKind::compute, StepKind::send, StepKind::receive};
  const std::array names{"COMPUTE x", "SEND x → b", "RECEIVE x on b"};
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    plan.steps[i].kind = kinds[i];
    plan.steps[i].name = names[i];
    plan.steps[i].actor = i == 2 ? 1 : 0;
    plan.steps[i].channel = i == 0 ? -1 : 0;
    plan.steps[i].joint = rendezvous && i != 0 ? 0 : -1;
  }
  plan.steps[2].seconds = 2e-6;
  plan.channels.resize(1);
  plan.channels[0].writer = 0;
  plan.channels[0].readers = {{1, 0, 2}};
  plan.channels[0].rendezvous = rendezvous;
  return plan;
}

/// b was there at 1000 and had to wait for the SEND at 5000; its message came at 7000.
RunTrace early_reader() {
  RunTrace trace;
  trace.lanes = {{0, 0, {{0, 0, 1000, 1500, 4000}, {1, 0, 4000, 5000, 5500}}}, {1, 0, {{2, 0, 900, 1000, 7000}}}};
  trace.executions = {{800, 8000}};
  return trace;
}

TEST(TheWorkOfAStep, BeginsForAReceiveWhenItsSendBegan) {
  const auto begins = work_begins(two_actors(false), early_reader());
  EXPECT_EQ(begins[0], (std::vector<int64_t>{1500, 5000}));
  EXPECT_EQ(begins[1], (std::vector<int64_t>{5000}));
}

TEST(TheWorkOfAStep, BeginsForBothSidesOfARendezvousWhenBothAreThere) {
  RunTrace late = early_reader();
  late.lanes[0].steps[1] = {1, 0, 100, 200, 7000};
  const auto begins = work_begins(two_actors(true), late);
  EXPECT_EQ(begins[0][1], 1000) << "the reader came at 1000";
  EXPECT_EQ(begins[1][0], 1000);
}

TEST(TheWorkOfAStep, BeginsForAnInputWhenItsExecutionWasSubmitted) {
  Plan plan = two_actors(false);
  plan.channels[0].writer = plan.driver();
  RunTrace trace = early_reader();
  trace.executions[0].submitted = 6000;
  EXPECT_EQ(work_begins(plan, trace)[1], (std::vector<int64_t>{6000}));
}

TEST(TheWorkOfAStep, IsMeasuredApartFromItsWaiting) {
  const auto measured = measure(two_actors(false), {early_reader(), early_reader()});
  EXPECT_EQ(measured[2].count, 2U);
  EXPECT_DOUBLE_EQ(measured[2].median, 2000e-9);
  EXPECT_DOUBLE_EQ(measured[2].mean, 2000e-9);
  EXPECT_DOUBLE_EQ(measured[2].waited, 4100e-9);
  EXPECT_DOUBLE_EQ(measured[0].minimum, 2500e-9);
}

TEST(AMedian, IsTheMiddleOrTheMeanOfTheTwo) {
  EXPECT_EQ(median({}), 0);
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
}

TEST(AChromeTrace, HasATrackPerLaneWorkWaitingAndMessages) {
  RunTrace trace = early_reader();
  trace.lanes[1].dropped = 3;
  std::ostringstream out;
  write_chrome_trace(out, two_actors(false), trace);
  const auto json = nlohmann::json::parse(out.str());
  EXPECT_EQ(json.at("otherData").at("dropped"), 3);
  EXPECT_EQ(json.at("otherData").at("zero_ns"), 800);
  EXPECT_EQ(json.at("otherData").at("name"), "a \"quoted\" name");
  std::map<std::string, int> kinds;
  nlohmann::json receive;
  nlohmann::json wait;
  for (const auto& event : json.at("traceEvents")) {
    ++kinds[event.at("ph").get<std::string>() + event.value("cat", "")];
    if (event.value("cat", "") == "work" && event.at("pid") == 2) receive = event;
    if (event.value("cat", "") == "wait" && event.at("pid") == 2) wait = event;
  }
  EXPECT_EQ(kinds["Xwork"], 3);
  EXPECT_EQ(kinds["Xwait"], 3);
  EXPECT_EQ(kinds["smessage"], 1);
  EXPECT_EQ(kinds["fmessage"], 1);
  EXPECT_EQ(kinds["bexecution"], 1);
  EXPECT_EQ(kinds["M"], 2 * 3 + 2 * 2);
  EXPECT_EQ(receive.at("name"), "RECEIVE x on b");
  EXPECT_DOUBLE_EQ(receive.at("ts").get<double>(), 4.2);
  EXPECT_DOUBLE_EQ(receive.at("dur").get<double>(), 2.0);
  EXPECT_DOUBLE_EQ(receive.at("args").at("predicted_us").get<double>(), 2.0);
  EXPECT_DOUBLE_EQ(wait.at("ts").get<double>(), 0.1);
  EXPECT_DOUBLE_EQ(wait.at("dur").get<double>(), 4.1);
}

TEST(AChromeTrace, OfNothingIsStillWhole) {
  std::ostringstream out;
  write_chrome_trace(out, two_actors(false), {});
  EXPECT_EQ(nlohmann::json::parse(out.str()).at("otherData").at("zero_ns"), 0);
}

}  // namespace
}  // namespace stretto
