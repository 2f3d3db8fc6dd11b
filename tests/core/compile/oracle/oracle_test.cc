// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The verifier against an operational model that shares no code with the compiler: whatever the schedule, the one
/// accepts exactly what the other can run in every order without standing still and without a race.
///
/// STRETTO_ORACLE=full tries every small graph; otherwise a sample of them is tried. STRETTO_ORACLE_SCHEDULES:
/// schedules per graph.

#include "anyhow.h"
#include "compare.h"
#include "compile/draft.h"
#include "large_graphs.h"
#include "model/explore.h"
#include "plans.h"
#include "small_graphs.h"

#include <cstdlib>
#include <iostream>
#include <optional>

namespace stretto::testing {
namespace {

/// Leaves out a wait of a lane, by lot; false where there is none.
bool drop_something(Plan& plan, std::mt19937_64& random) {
  std::vector<std::pair<uint32_t, size_t>> waits;
  for (uint32_t step = 0; step < plan.steps.size(); ++step)
    for (size_t i = 0; i < plan.steps[step].waits.size(); ++i)
      if (plan.steps[step].waits[i].by == Wait::By::lane) waits.emplace_back(step, i);
  if (waits.empty()) return false;
  const auto [step, i] = waits[random() % waits.size()];
  plan.steps[step].waits.erase(plan.steps[step].waits.begin() + static_cast<std::ptrdiff_t>(i));
  return true;
}

TEST(TheVerifier, AgreesWithTheModelOnSmallGraphs) {
  const bool full = tries_all();
  const char* wanted = std::getenv("STRETTO_ORACLE_SCHEDULES");
  const int schedules = wanted != nullptr ? std::atoi(wanted) : 1;
  const auto graphs = small_graphs(SmallGraph::kMostNodes, 3);
  Tally drafts, mutilated;
  std::mt19937_64 random(1);
  size_t tried = 0;
  for (size_t i = 0; i < graphs.size(); i += full ? 1 : 1 + random() % 320) {
    ++tried;
    for (int s = 0; s < schedules; ++s) {
      const auto options = anyhow(random);
      Form form = some_form(random);
      auto plan = draft(graphs[i].build(form), options);
      if (!plan) {
        ++drafts.plans["not to be issued round by round, hence tried on cpu"];
        form.async = 0;
        plan = draft(graphs[i].build(form), options);
      }
      const auto what = "graph " + std::to_string(i) + "\n" + to_json(*plan);
      compare(*plan, what, drafts);
      Plan less = *plan;
      if (refusal(*plan).empty() && drop_something(less, random)) compare(less, "mutilated " + what, mutilated);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
  std::cout << tried << " of " << graphs.size() << " graphs\n";
  report("schedules anyhow", drafts);
  report("a wait less", mutilated);
  // Each kind of outcome must have been there to be told apart.
  for (const char* outcome : {"fine", "race", "stuck"}) EXPECT_GT(drafts.plans[outcome], tried / 40) << outcome;
  EXPECT_GT(mutilated.plans["race"], tried / 20);
  EXPECT_LT(drafts.plans["too large"], tried / 20);
}

TEST(TheModel, LosesNothingByLeavingOutOrders) {
  const auto graphs = small_graphs(3, 3);
  std::mt19937_64 random(3);
  uint64_t fine = 0, compared = 0;
  for (int i = 0; i < 300; ++i) {
    const auto options = anyhow(random);
    const auto plan = draft(graphs[random() % graphs.size()].build(some_form(random)), options);
    if (!plan) continue;
    const auto some = explore(*plan, 4, Blanks::at_will, 20'000);
    const auto all = explore(*plan, 4, Blanks::at_will, 20'000, Orders::all);
    if (all.outcome == Verdict::Outcome::too_large) continue;
    ++compared;
    fine += all.outcome == Verdict::Outcome::fine ? 1 : 0;
    EXPECT_LE(some.states, all.states);
    EXPECT_EQ(some.outcome == Verdict::Outcome::fine, all.outcome == Verdict::Outcome::fine)
        << some.text << all.text << "\n"
        << to_json(*plan);
  }
  EXPECT_GT(compared, 150U);
  EXPECT_GT(fine, compared / 4);
}

/// Gives the channel that a refusal names the slots that it names: "give the channel of 'n0' 2 slots". Whether it names
/// one.
bool apply_mend(const std::string& text, Graph& graph) {
  const auto at = text.find("give the channel of '");
  if (at == std::string::npos) return false;
  const auto name = text.substr(at + 21, text.find('\'', at + 21) - at - 21);
  const auto slots = static_cast<uint32_t>(std::stoul(text.substr(text.find("' ", at + 21) + 2)));
  for (auto& input : graph.inputs)
    if (input.name == name) input.channel.slots = slots;
  for (auto& node : graph.nodes)
    if (node.name == name) node.channel.slots = slots;
  return true;
}

TEST(TheMendOfADeadCircuit, Mends) {
  const auto graphs = small_graphs(SmallGraph::kMostNodes, 3);
  std::mt19937_64 random(2);
  int mended = 0, given_up = 0;
  for (int i = 0; i < 1000; ++i) {
    const auto options = anyhow(random);
    Form form = some_form(random);
    form.async = 0;
    Graph graph = graphs[random() % graphs.size()].build(form);
    const auto refused = [&] { return refusal([&] { verify(compiling::draft(graph, options, catalogue())); }); };
    std::string text = refused();
    int applied = 0;
    for (; apply_mend(text, graph); text = refused()) {
      ASSERT_NE(refused(), text) << "the same again after its mend";
      ASSERT_LT(++applied, 20) << text;
    }
    if (applied > 0) ++(text.empty() ? mended : given_up);
  }
  // Those given up have another fault as well, which more slots don't mend.
  EXPECT_GT(mended, 5) << given_up;
}

}  // namespace
}  // namespace stretto::testing
