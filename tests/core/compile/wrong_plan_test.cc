// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Plans with one thing wrong: each is refused, whatever the graph. What a slip does not make wrong is left to the
/// model (oracle/oracle_test.cc); here are those that must never pass.

#include "plans.h"

#include <algorithm>
#include <map>
#include <random>

namespace stretto::testing {
namespace {

constexpr uint64_t kPlansChanged = 200;

/// Applies a slip to many plans; it says whether it found a place for it. Counts those that it did.
int refused_everywhere(const std::function<bool(Plan&, std::mt19937_64&)>& slip) {
  int found = 0;
  for (uint64_t seed = 0; seed < kPlansChanged; ++seed) {
    Plan plan = random_plan(seed);
    std::mt19937_64 random(seed);
    if (!slip(plan, random)) continue;
    ++found;
    EXPECT_NE(refusal(plan), "") << "seed " << seed;
  }
  return found;
}

/// A step that suits, by lot; nothing where none does.
template <class Suits>
Step* some_step(Plan& plan, std::mt19937_64& random, Suits&& suits) {
  std::vector<Step*> fitting;
  for (auto& step : plan.steps)
    if (suits(step)) fitting.push_back(&step);
  return fitting.empty() ? nullptr : fitting[random() % fitting.size()];
}

TEST(AWrongPlan, DropsAWaitOfATransport) {
  EXPECT_GT(refused_everywhere([](Plan& plan, std::mt19937_64& random) {
              const auto by = [](const Wait& wait) { return wait.by == Wait::By::transport; };
              Step* step = some_step(plan, random, [&](const Step& each) {
                return std::any_of(each.waits.begin(), each.waits.end(), by);
              });
              if (step == nullptr) return false;
              step->waits.erase(std::find_if(step->waits.begin(), step->waits.end(), by));
              return true;
            }),
            static_cast<int>(kPlansChanged) / 2);
}

TEST(AWrongPlan, DropsTheTicketOrTheWindow) {
  EXPECT_EQ(refused_everywhere([](Plan& plan, std::mt19937_64& random) {
              const auto by = [](const Wait& wait) { return wait.by == Wait::By::ticket; };
              Step* step = some_step(plan, random, [&](const Step& each) {
                return std::any_of(each.waits.begin(), each.waits.end(), by);
              });
              step->waits.erase(std::find_if(step->waits.begin(), step->waits.end(), by));
              return true;
            }),
            static_cast<int>(kPlansChanged));
}

TEST(AWrongPlan, DropsAWaitForDataOnAnotherLane) {
  // Not every wait for a slot is needed, as the window may imply it; one for data always is, unless another covers it.
  EXPECT_GT(refused_everywhere([](Plan& plan, std::mt19937_64& random) {
              Step* step = some_step(plan, random, [&](const Step& each) {
                return each.waits.size() == 1 && each.waits[0].by == Wait::By::lane && each.waits[0].tokens == 0 &&
                       each.position == 0 && each.offset == 0 && each.channel < 0;
              });
              if (step == nullptr) return false;
              step->waits.clear();
              return true;
            }),
            5);
}

TEST(AWrongPlan, TakesBackASignal) {
  EXPECT_GT(refused_everywhere([](Plan& plan, std::mt19937_64& random) {
              Step* step = some_step(plan, random, [](const Step& each) { return each.signals; });
              if (step == nullptr) return false;
              step->signals = false;
              return true;
            }),
            static_cast<int>(kPlansChanged) / 3);
}

TEST(AWrongPlan, AcquiresOrReleasesTooLittle) {
  EXPECT_EQ(refused_everywhere([](Plan& plan, std::mt19937_64& random) {
              Step* step = some_step(plan, random, [](const Step& each) { return !each.acquires.empty(); });
              step->acquires.pop_back();
              return true;
            }),
            static_cast<int>(kPlansChanged));
  EXPECT_EQ(refused_everywhere([](Plan& plan, std::mt19937_64& random) {
              Step* step = some_step(plan, random, [](const Step& each) { return !each.releases.empty(); });
              step->releases.pop_back();
              return true;
            }),
            static_cast<int>(kPlansChanged));
}

TEST(AWrongPlan, HasFewerSlotsThanItsWaitsCount) {
  EXPECT_GT(refused_everywhere([](Plan& plan, std::mt19937_64& random) {
              std::vector<uint32_t> rings;
              for (uint32_t ring = 0; ring < plan.rings.size(); ++ring)
                if (plan.rings[ring].slots > 1 && plan.rings[ring].alias < 0 &&
                    plan.rings[ring].memory == Ring::Memory::transport)
                  rings.push_back(ring);
              if (rings.empty()) return false;
              const uint32_t chosen = rings[random() % rings.size()];
              for (uint32_t ring = 0; ring < plan.rings.size(); ++ring)
                if (ring == chosen || plan.rings[ring].alias == static_cast<int32_t>(chosen)) {
                  plan.rings[ring].slots /= 2;
                  plan.rings[ring].min_slots = 1;
                }
              return true;
            }),
            static_cast<int>(kPlansChanged) / 2);
}

TEST(AWrongPlan, SwapsTwoMeetingsOnOneActor) {
  EXPECT_GT(refused_everywhere([](Plan& plan, std::mt19937_64&) {
              // Two steps of one transport's order that meet the same two actors, neighbours on one lane.
              for (auto& lane : plan.lanes)
                for (size_t i = 1; i < lane.steps.size(); ++i) {
                  Step &a = plan.steps[lane.steps[i - 1]], &b = plan.steps[lane.steps[i]];
                  if (a.joint < 0 || b.joint < 0) continue;
                  const auto actors = [&](const Step& step) {
                    const auto& channel = plan.channels[static_cast<size_t>(step.channel)];
                    auto pair = std::pair(channel.writer, channel.readers[0].actor);
                    return pair.first < pair.second ? pair : std::pair(pair.second, pair.first);
                  };
                  if (actors(a) != actors(b)) continue;
                  std::swap(lane.steps[i - 1], lane.steps[i]);
                  std::swap(a.position, b.position);
                  return true;
                }
              return false;
            }),
            5);
}

TEST(AWrongPlan, MovesAStatefulNodeToAnotherLane) {
  EXPECT_GT(refused_everywhere([](Plan& plan, std::mt19937_64& random) {
              Step* step = some_step(plan, random, [&](const Step& each) {
                return each.node >= 0 && plan.nodes[static_cast<size_t>(each.node)].stateful && each.position > 0;
              });
              if (step == nullptr) return false;
              const auto number = static_cast<uint32_t>(step - plan.steps.data());
              auto& steps = plan.lanes[static_cast<size_t>(step->lane)].steps;
              if (!std::any_of(step->waits.begin(), step->waits.end(),
                               [](const Wait& wait) { return wait.by == Wait::By::order; }))
                return false;
              steps.erase(std::find(steps.begin(), steps.end(), number));
              for (uint32_t i = 0; i < steps.size(); ++i) plan.steps[steps[i]].position = i;
              plan.lanes.push_back({step->actor, "elsewhere", {number}});
              step->lane = static_cast<int32_t>(plan.lanes.size()) - 1;
              step->position = 0;
              return true;
            }),
            10);
}

TEST(AWrongPlan, LetsAStepRunWithAnotherOffset) {
  EXPECT_GT(refused_everywhere([](Plan& plan, std::mt19937_64& random) {
              Step* step = some_step(plan, random, [](const Step& each) { return each.lane >= 0; });
              ++step->offset;
              return true;
            }),
            static_cast<int>(kPlansChanged) * 9 / 10);
}

/// Two nodes on lanes of their own that nothing orders, each with a workspace.
Plan two_lanes() {
  GraphBuilder build("two lanes");
  const auto actor = build.actor("a", "cpu", 0, true);
  const auto x = build.input("x", {kF32, {4}, 0, false});
  for (const char* name : {"one", "two"})
    build.output(std::string("y ") + name,
                 build.node(name, actor, "tensor.scale").bind("x", x).arg("factor", 2.0).value());
  Plan plan = compile(build.take(), options_with("overlap"), catalogue());
  auto& computes = *std::find_if(plan.lanes.begin(), plan.lanes.end(), [&](const PlanLane& lane) {
    return plan.steps[lane.steps[0]].kind == StepKind::compute;
  });
  // Both wait for all they need by lane, so the second may have a lane of its own.
  const uint32_t moved = computes.steps[1];
  computes.steps.pop_back();
  plan.lanes.push_back({plan.steps[moved].actor, "second", {moved}});
  plan.steps[moved].lane = static_cast<int32_t>(plan.lanes.size()) - 1;
  plan.steps[moved].position = 0;
  for (auto& step : plan.steps) {
    for (auto& wait : step.waits)
      if (wait.by == Wait::By::lane) plan.steps[wait.from].signals = true;
    if (step.node < 0) continue;
    plan.nodes[static_cast<size_t>(step.node)].workspace_bytes = 64;
    step.accesses.push_back({Access::Kind::workspace, true, static_cast<uint32_t>(step.lane)});
  }
  return plan;
}

TEST(AWrongPlan, SharesAWorkspaceBetweenLanes) {
  Plan plan = two_lanes();
  ASSERT_EQ(refusal(plan), "");
  for (auto& step : plan.steps)
    for (auto& access : step.accesses)
      if (access.kind == Access::Kind::workspace) access.index = 0;
  EXPECT_TRUE(refused_with(plan, "share workspace 0"));
}

TEST(AWrongPlan, GivesTheDriverFewerSlotsThanTheWindow) {
  Plan plan = compile(pair_graph(), options_with("serial", 3), catalogue());
  plan.inflight = 4;
  for (auto& step : plan.steps)
    for (auto& wait : step.waits)
      if (wait.by == Wait::By::ticket && wait.tokens == 3) wait.tokens = wait.rounds = 4;
  EXPECT_TRUE(refused_with(plan, "give its channel 4 slots"));
}

TEST(TheMendOfARace, Mends) {
  int mended = 0;
  for (uint64_t seed = 0; seed < kPlansChanged; ++seed) {
    Plan plan = random_plan(seed);
    std::mt19937_64 random(seed);
    const auto by = [](const Wait& wait) { return wait.by == Wait::By::lane; };
    Step* step = some_step(plan, random,
                           [&](const Step& each) { return std::any_of(each.waits.begin(), each.waits.end(), by); });
    if (step == nullptr) continue;
    step->waits.erase(std::find_if(step->waits.begin(), step->waits.end(), by));
    // As often as it says what is missing, that is added: "let 'TO' wait for 'FROM' by lane with N tokens".
    for (std::string text = refusal(plan); !text.empty(); text = refusal(plan)) {
      const auto at = text.find("let '");
      ASSERT_NE(at, std::string::npos) << text;
      const auto to = text.substr(at + 5, text.find("' wait for '", at) - at - 5);
      const auto begin = text.find("' wait for '", at) + 12;
      const auto from = text.substr(begin, text.find("' by lane", begin) - begin);
      const int tokens = std::stoi(text.substr(text.find("by lane with ", at) + 13));
      const auto named = [&](const std::string& name) {
        return static_cast<uint32_t>(
            std::find_if(plan.steps.begin(), plan.steps.end(), [&](const Step& each) { return each.name == name; }) -
            plan.steps.begin());
      };
      const uint32_t source = named(from), target = named(to);
      ASSERT_LT(std::max(source, target), plan.steps.size()) << text;
      plan.steps[target].waits.push_back(
          {Wait::By::lane, source, tokens, tokens + plan.steps[target].offset - plan.steps[source].offset});
      plan.steps[source].signals = true;
      ++mended;
      ASSERT_LT(mended, 10000);
    }
  }
  EXPECT_GT(mended, 30);
}

TEST(AWrongPlan, AwaitsTheHeaderOfWhatIsNoReceive) {
  EXPECT_EQ(refused_everywhere([](Plan& plan, std::mt19937_64& random) {
              Step* step = some_step(plan, random, [&](const Step& each) { return each.lane >= 0; });
              step->header_waits.push_back(plan.ticket_step);
              return true;
            }),
            static_cast<int>(kPlansChanged));
}

TEST(AWrongPlan, JoinsAStepThatDoesNotTravel) {
  EXPECT_EQ(refused_everywhere([](Plan& plan, std::mt19937_64& random) {
              Step* step = some_step(plan, random, [](const Step& each) { return each.kind == StepKind::compute; });
              step->joint = 0;
              return true;
            }),
            static_cast<int>(kPlansChanged));
}

}  // namespace
}  // namespace stretto::testing
