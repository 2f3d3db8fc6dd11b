// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// A wait that is missing is found when the plan runs on fake GPUs, each time: every kind of wait that plans have, and
/// those between a lane and its courier. The verifier would refuse such plans, so they are run without it.

#include "needed_waits.h"
#include "sanitized.h"
#include "unverified.h"
#include "violations.h"
#include "watch.h"

namespace stretto::testing {
namespace {

constexpr int kTimes = kSanitized ? 10 : 100;

class MissingWait : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    static bool once = (watch(catalogue()), true);
    ASSERT_TRUE(once);
    expect_violations();
  }
  void TearDown() override {
    leave_out(Courier::waits);
    forgive();
  }
};

bool unordered() { return violation().find("nothing orders") != std::string::npos; }

/// Nothing is wrong with the whole plan, or what follows would show nothing.
void expect_fine(const Trial& trial) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(run_unverified(trial.plan, trial), "");
    ASSERT_EQ(violation(), "");
  }
}

// ---- waits between the lanes of an actor

void expect_found(const Trial& trial, const std::vector<std::string>& kinds) {
  expect_fine(trial);
  const auto needed = needed_waits(trial);
  std::vector<std::string> there;
  for (const auto& [kind, stands] : needed) there.push_back(kind);
  EXPECT_EQ(there, kinds);
  for (const auto& [kind, stands] : needed)
    for (int i = 0; i < kTimes; ++i) {
      const Stand& stand = stands[static_cast<size_t>(i) % stands.size()];
      const std::string failure = run_unverified(without(trial.plan, stand), trial);
      ASSERT_TRUE(unordered()) << kind << ", time " << i << ", in front of " << trial.plan.steps[stand.step].name
                               << ", failed with '" << failure << "'";
      forgive();
    }
}

TEST_F(MissingWait, BetweenLanesOverNcclIsFoundEachTime) {
  expect_found(there_and_back("nccl"),
               {"COMPUTE before COPY", "COMPUTE before COPY into its slot", "COMPUTE before RECEIVE into its slot",
                "COMPUTE before SEND", "COPY before COMPUTE", "COPY before COMPUTE into its slot", "COPY before SEND",
                "RECEIVE before COMPUTE", "RECEIVE before COPY", "SEND before COMPUTE into its slot"});
}

TEST_F(MissingWait, BetweenLanesOverShmIsFoundEachTime) {
  expect_found(there_and_back("shm"),
               {"COMPUTE before COPY", "COMPUTE before COPY into its slot", "COPY before COMPUTE",
                "COPY before COMPUTE into its slot", "COPY before SEND", "RECEIVE before COPY"});
}

TEST_F(MissingWait, AroundACollectiveIsFoundEachTime) {
  expect_found(summed(),
               {"COLLECTIVE before COMPUTE", "COLLECTIVE before COMPUTE into its slot", "COLLECTIVE before COPY",
                "COLLECTIVE before COPY into its slot", "COMPUTE before COLLECTIVE",
                "COMPUTE before COLLECTIVE into its slot", "COMPUTE before COPY", "COMPUTE before COPY into its slot",
                "COPY before COLLECTIVE", "COPY before COLLECTIVE into its slot", "COPY before COMPUTE",
                "COPY before COMPUTE into its slot", "COPY before SEND", "RECEIVE before COPY"});
}

TEST_F(MissingWait, BetweenLanesOfOneStepEachIsFoundEachTime) {
  expect_found(each_step_apart(), {"COMPUTE before COMPUTE", "COMPUTE before COMPUTE into its slot",
                                   "COMPUTE before COPY", "COMPUTE before COPY into its slot", "COPY before COMPUTE",
                                   "COPY before COMPUTE into its slot", "COPY before SEND", "RECEIVE before COPY"});
}

// ---- slots of a channel that are free

TEST_F(MissingWait, ForAFreeSlotIsFoundEachTime) {
  const Trial trial = there_and_back("shm");
  expect_fine(trial);
  std::vector<Plan> planted;
  for (uint32_t number = 0; number < trial.plan.steps.size(); ++number)
    if (!trial.plan.steps[number].acquires.empty() && trial.plan.steps[number].lane >= 0) {
      planted.push_back(trial.plan);
      planted.back().steps[number].acquires.clear();
      ASSERT_TRUE(refused(planted.back()));
    }
  ASSERT_FALSE(planted.empty());
  for (int i = 0; i < kTimes; ++i) {
    const std::string failure = run_unverified(planted[static_cast<size_t>(i) % planted.size()], trial);
    // A reader that has not come to the value yet does nothing that could be out of order, and never will: the
    // transport knows that it holds the slot, and refuses the SEND.
    ASSERT_TRUE(unordered() || failure.find("without its slot acquired") != std::string::npos)
        << "time " << i << ", failed with '" << failure << "'";
    forgive();
  }
}

// ---- headers

/// Nobody waits for the header of any RECEIVE.
Plan without_headers(Plan plan) {
  for (auto& step : plan.steps) step.header_waits.clear();
  return plan;
}

TEST_F(MissingWait, ForAShapeIsFoundEachTime) {
  const Trial trial = dynamic_value();
  expect_fine(trial);
  const Plan planted = without_headers(trial.plan);
  ASSERT_TRUE(refused(planted));
  for (int i = 0; i < kTimes; ++i) {
    // No lane comes as far as the RECEIVE before the issuing thread needs what it brings.
    const std::string failure = run_unverified(planted, trial, Streams::stand_still);
    ASSERT_NE(failure.find("is not there"), std::string::npos) << "time " << i << ", failed with '" << failure << "'";
    forgive();
  }
}

TEST_F(MissingWait, ForAStatusIsFoundEachTime) {
  const Trial trial = error_before_state();
  expect_fine(trial);
  const Plan planted = without_headers(trial.plan);
  ASSERT_TRUE(refused(planted));
  for (int i = 0; i < kTimes; ++i) {
    const std::string failure = run_unverified(planted, trial, Streams::start_when_all_is_issued);
    ASSERT_EQ(failure, kWrongResult) << "time " << i;
    ASSERT_EQ(violation(), "");
    forgive();
  }
}

// ---- couriers

TEST_F(MissingWait, OfACourierForItsLaneIsFoundEachTime) {
  const Trial trial = there_and_back("shm");
  expect_fine(trial);
  leave_out(Courier::is_deaf);
  for (int i = 0; i < kTimes; ++i) {
    const std::string failure = run_unverified(trial.plan, trial);
    ASSERT_TRUE(unordered()) << "time " << i << ", failed with '" << failure << "'";
    forgive();
  }
}

TEST_F(MissingWait, OfALaneForItsCourierIsFoundEachTime) {
  const Trial trial = there_and_back("shm");
  expect_fine(trial);
  leave_out(Courier::is_not_heard);
  for (int i = 0; i < kTimes; ++i) {
    const std::string failure = run_unverified(trial.plan, trial);
    ASSERT_TRUE(unordered()) << "time " << i << ", failed with '" << failure << "'";
    forgive();
  }
}

}  // namespace
}  // namespace stretto::testing
