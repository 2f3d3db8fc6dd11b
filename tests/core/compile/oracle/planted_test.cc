// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Wrong plans of five kinds, planted at every place of some hundred random plans, on the waits finally emitted.
/// Whatever goes wrong with one in the model, the verifier refuses.

#include "compare.h"
#include "large_graphs.h"
#include "model/explore.h"
#include "plans.h"
#include "plant.h"

#include <iostream>

namespace stretto::testing {
namespace {

using Plant = void (*)(const Plan&, const Take&);

struct Count {
  uint64_t planted = 0;
  uint64_t wrong = 0;      ///< in the model
  uint64_t caught = 0;     ///< of these, by the verifier
  uint64_t refused = 0;    ///< though nothing goes wrong in the model: against a rule of form, or for a wider window
  uint64_t too_large = 0;  ///< to be explored
};

/// With STRETTO_ORACLE=full.
constexpr uint64_t kPlans = 300;

Count plant_everywhere(Plant plant, uint64_t sample) {
  Count count;
  each_large_graph(tries_all() ? kPlans : sample, [&](const RandomGraph& random) {
    const auto plan = compile(random.graph, scheduled_by(random, "random_offset"), catalogue());
    plant(plan, [&](const Plan& planted, const std::string& what) {
      ++count.planted;
      const auto refused = !refusal(planted).empty();
      const auto verdict = explore(planted, executions_for(planted), Blanks::at_will, kMostStates);
      switch (verdict.outcome) {
        case Verdict::Outcome::too_large: ++count.too_large; return;
        case Verdict::Outcome::fine: count.refused += refused ? 1 : 0; return;
        default: break;
      }
      ++count.wrong;
      count.caught += refused ? 1 : 0;
      EXPECT_TRUE(refused) << "seed " << random.seed << ": " << what << ": " << verdict.text;
    });
  });
  return count;
}

/// Without STRETTO_ORACLE=full on so many plans alone.
void expect_caught(const char* kind, Plant plant, uint64_t sample) {
  const Count count = plant_everywhere(plant, sample);
  std::cout << kind << ": " << count.planted << " planted, " << count.wrong << " go wrong, " << count.caught
            << " of them caught; " << count.refused << " refused that do not, " << count.too_large << " too large\n";
  EXPECT_EQ(count.caught, count.wrong);
  EXPECT_GT(count.wrong, 5U);  // or nothing is shown
  EXPECT_LE(count.too_large, count.planted / 10);
}

TEST(AWrongPlanPlanted, DropsAWait) { expect_caught("a dropped wait", drop_waits, 25); }
TEST(AWrongPlanPlanted, ReusesSlotsEarly) { expect_caught("early slot reuse", reuse_early, 25); }
TEST(AWrongPlanPlanted, SwapsARendezvous) { expect_caught("a swapped rendezvous", swap_rendezvous, 100); }
TEST(AWrongPlanPlanted, MovesAStatefulNode) { expect_caught("a stateful node on another lane", move_stateful, 50); }
TEST(AWrongPlanPlanted, SharesAWorkspace) { expect_caught("a shared workspace", share_workspaces, 50); }

}  // namespace
}  // namespace stretto::testing
