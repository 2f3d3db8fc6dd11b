// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What the compiler makes, the verifier accepts; the two share no code but the plan.

#include "plans.h"

#include <cmath>
#include <set>

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

TEST(APlan, KeepsInfinitiesAndNaNInJson) {
  std::set<std::string> hashes;
  for (const double factor : {std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()}) {
    GraphBuilder build;
    const auto x = build.input("x", {kF32, {}, 0, false});
    build.output("y", build.node("y", build.actor("a"), "tensor.scale").bind("x", x).arg("factor", factor).value());
    const auto plan = compile(build.take(), options_with("serial"), catalogue());
    const auto again = plan_from_json(to_json(plan));
    const double read = std::get<double>(again.nodes[0].args.at("factor").value);
    EXPECT_TRUE(read == factor || (std::isnan(read) && std::isnan(factor))) << read;
    EXPECT_EQ(hash(again), hash(plan));
    hashes.insert(hash(plan));
  }
  EXPECT_EQ(hashes.size(), 3U);
}

}  // namespace
}  // namespace stretto::testing
