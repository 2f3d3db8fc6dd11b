// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Plans that look wrong and are not: each is accepted, and refused once what saves it is gone.

#include "plans.h"

#include <algorithm>

namespace stretto::testing {
namespace {

uint32_t number_of(const Plan& plan, const std::string& name) {
  for (uint32_t number = 0; number < plan.steps.size(); ++number)
    if (plan.steps[number].name == name) return number;
  ADD_FAILURE() << "there is no step " << name;
  return 0;
}

/// Puts steps of one lane, all of them there already, into this order, with nothing of the lane between them.
void put_in_order(Plan& plan, const std::vector<std::string>& names) {
  std::vector<uint32_t> wanted;
  wanted.reserve(names.size());
  for (const auto& name : names) wanted.push_back(number_of(plan, name));
  auto& steps = plan.lanes[static_cast<size_t>(plan.steps[wanted[0]].lane)].steps;
  const auto moves = [&](uint32_t step) { return std::find(wanted.begin(), wanted.end(), step) != wanted.end(); };
  const auto first = std::find_if(steps.begin(), steps.end(), moves) - steps.begin();
  steps.erase(std::remove_if(steps.begin(), steps.end(), moves), steps.end());
  steps.insert(steps.begin() + first, wanted.begin(), wanted.end());
  for (uint32_t i = 0; i < steps.size(); ++i) plan.steps[steps[i]].position = i;
}

/// With as many slots as the window, what would wait for a slot has let the execution end that held it.
TEST(AFinePlan, LagsBehindWithinItsWindow) {
  for (const uint32_t inflight : {1U, 2U}) {
    Plan plan = compile(pair_graph(), options_with("serial", inflight), catalogue());
    put_in_order(plan, {"RECEIVE from on b", "COMPUTE to"});
    for (const char* name : {"COMPUTE to", "SEND to → driver"}) plan.steps[number_of(plan, name)].offset = 2;
    for (auto& step : plan.steps)
      for (auto& wait : step.waits) wait.rounds = wait.tokens + step.offset - plan.steps[wait.from].offset;
    if (inflight == 1)
      EXPECT_EQ(refusal(plan), "");
    else
      EXPECT_TRUE(refused_with(plan, "give the channel of 'from' 3 slots"));
  }
}

}  // namespace
}  // namespace stretto::testing
