// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What the compiler makes, the verifier accepts; the two share no code but the plan.

#include "plans.h"

namespace stretto::testing {
namespace {

TEST(RandomPlans, AreAccepted) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const auto text = refusal([&] { verify(random_plan(seed)); });
    ASSERT_EQ(text, "") << "seed " << seed << "\n" << to_text(random_graph(seed));
  }
}

TEST(RandomPlans, AreTheSameAfterJson) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto plan = random_plan(seed);
    const auto again = plan_from_json(to_json(plan));
    EXPECT_EQ(refusal(again), "");
    EXPECT_EQ(hash(again), hash(plan)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace stretto::testing
