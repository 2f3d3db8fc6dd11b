// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// A wait that is missing between two processes which share a fake GPU's memory is found, each time: of those that hand
/// a slot over (core/execution/handover.h), and of those between the lanes of either side.

#include "leftovers.h"
#include "needed_waits.h"
#include "sanitized.h"
#include "unverified.h"

#include <algorithm>

namespace stretto::testing {
namespace {

constexpr int kTimes = kSanitized ? 10 : 100;
constexpr const char* kUnordered = "nothing orders the two";
constexpr const char* kInTwoProcesses = "nothing orders the two, in two processes";

const Channel& handed_over_channel(const Plan& plan) {
  return *std::ranges::find_if(plan.channels, [](const Channel& channel) { return channel.device_slots; });
}

uint32_t number_of(const Plan& plan, const Channel& channel) {
  return static_cast<uint32_t>(&channel - plan.channels.data());
}

class AcrossProcesses : public ::testing::TestWithParam<const char*> {
 protected:
  /// Nothing is wrong with the whole plan, or what follows would show nothing.
  void SetUp() override {
    ASSERT_EQ(std::ranges::count_if(trial_.plan.channels, &Channel::device_slots), 1);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(run_unverified(trial_.plan, trial_), "");
  }
  void TearDown() override { EXPECT_TRUE(leftovers_.nothing_more()); }

  /// `kind` is followed by what must be said of what was found.
  void expect_found(const std::vector<Plan>& planted, const std::string& kind, const std::string& said) {
    ASSERT_FALSE(planted.empty()) << kind;
    for (int i = 0; i < kTimes; ++i) {
      // Their fakes know no other way to tell.
      ::testing::internal::CaptureStderr();
      const std::string failure = run_unverified(planted[static_cast<size_t>(i) % planted.size()], trial_);
      const std::string found = ::testing::internal::GetCapturedStderr();
      ASSERT_NE(failure, "") << kind << ", time " << i;
      ASSERT_NE(found.find(said), std::string::npos)
          << kind << ", time " << i << ", failed with '" << failure << "', and said '" << found << "'";
    }
  }
  /// The steps that do this with the channel that is handed over.
  std::vector<uint32_t> steps_that(Numbers Step::*what) const {
    std::vector<uint32_t> found;
    const uint32_t channel = number_of(trial_.plan, handed_over_channel(trial_.plan));
    for (uint32_t id = 0; id < trial_.plan.steps.size(); ++id)
      if (std::ranges::find(trial_.plan.steps[id].*what, channel) != (trial_.plan.steps[id].*what).end())
        found.push_back(id);
    return found;
  }
  uint32_t receive() const {
    const auto channel = static_cast<int32_t>(number_of(trial_.plan, handed_over_channel(trial_.plan)));
    const auto found = std::ranges::find_if(
        trial_.plan.steps, [&](const Step& step) { return step.kind == StepKind::receive && step.channel == channel; });
    return static_cast<uint32_t>(found - trial_.plan.steps.begin());
  }

  const Leftovers leftovers_{};
  const Trial trial_ = handed_over(GetParam());
};
INSTANTIATE_TEST_SUITE_P(MissingWait, AcrossProcesses, ::testing::Values("overlap", "apart"));

TEST_P(AcrossProcesses, OfAReaderForItsWriterIsFoundEachTime) {
  Plan planted = trial_.plan;
  planted.actors[handed_over_channel(planted).readers[0].actor].launch = {"env", "STRETTO_TEST_DEAF_TO_WORDS=1"};
  expect_found({planted}, "published", kInTwoProcesses);
}

TEST_P(AcrossProcesses, OfAWriterForItsReadersIsFoundEachTime) {
  std::vector<Plan> planted;
  for (const uint32_t step : steps_that(&Step::acquires)) {
    planted.push_back(trial_.plan);
    planted.back().steps[step].acquires.clear();
    ASSERT_TRUE(refused(planted.back()));
  }
  expect_found(planted, "released", kInTwoProcesses);
}

TEST_P(AcrossProcesses, OfAWriterForTheLastOfItsReadersIsFoundEachTime) {
  // Steps of one actor run in the order written, so the release of the last one covers those before.
  Plan planted = trial_.plan;
  const auto releasing = steps_that(&Step::releases);
  ASSERT_EQ(releasing.size(), 2U);
  planted.steps[releasing.back()].releases.clear();
  ASSERT_TRUE(refused(planted));
  expect_found({planted}, "the last one released", kInTwoProcesses);
}

TEST_P(AcrossProcesses, ReleaseBeforeTheSlotWasReadIsFoundEachTime) {
  Plan planted = trial_.plan;
  Numbers& early = planted.steps[receive()].releases;
  for (const uint32_t step : steps_that(&Step::releases)) {
    early = planted.steps[step].releases;
    planted.steps[step].releases.clear();
  }
  ASSERT_TRUE(refused(planted));
  expect_found({planted}, "released by RECEIVE", kInTwoProcesses);
}

/// What the driver writes and reads in the host's memory is not seen from another process.
bool meets_the_driver(const Plan& plan, const Step& step) {
  return step.channel >= 0 && !plan.channels[static_cast<size_t>(step.channel)].device_slots;
}

TEST_P(AcrossProcesses, BetweenTheLanesOfOneSideIsFoundEachTime) {
  std::vector<std::string> kinds;
  for (const auto& [kind, stands] : needed_waits(trial_)) {
    std::vector<Plan> planted;
    for (const Stand& stand : stands) {
      const Step& to = trial_.plan.steps[stand.step];
      const Step& from = trial_.plan.steps[to.waits.begin()[stand.wait].from];
      if (!meets_the_driver(trial_.plan, from) && !meets_the_driver(trial_.plan, to))
        planted.push_back(without(trial_.plan, stand));
    }
    if (planted.empty()) continue;
    kinds.push_back(kind);
    expect_found(planted, kind, kUnordered);
  }
  for (const char* kind : {"COMPUTE before SEND", "RECEIVE before COMPUTE"})
    EXPECT_NE(std::ranges::find(kinds, kind), kinds.end()) << kind << " is not there";
}

}  // namespace
}  // namespace stretto::testing
