// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The verifier against an operational model that shares no code with the compiler: whatever the schedule, the one
/// accepts exactly what the other can run in every order without standing still and without a race.
///
/// STRETTO_ORACLE=full tries every small graph; otherwise a sample of them is tried. STRETTO_ORACLE_SCHEDULES:
/// schedules per graph.

#include "anyhow.h"
#include "compile/draft.h"
#include "model/explore.h"
#include "plans.h"
#include "small_graphs.h"

#include <cstdlib>
#include <iostream>
#include <random>

namespace stretto::testing {
namespace {

using Outcome = Verdict::Outcome;

CompileOptions anyhow(std::mt19937_64& random) {
  static const bool kAdded = (catalogue().add(anyhow_scheduler()), true);
  (void)kAdded;
  CompileOptions options = options_with("anyhow", static_cast<uint32_t>(1 + random() % 3));
  Arguments arguments;
  const auto set = [&](const char* name, uint64_t value) { arguments[name].value = static_cast<int64_t>(value); };
  set("seed", random() % 1000000);
  set("slips", random() % 3);
  set("offsets", random() % 3);
  set("lanes", 1 + random() % 2);
  options.components.push_back({"scheduler", "anyhow", arguments, {}});
  return options;
}

/// What came of all trials.
struct Tally {
  std::map<std::string, uint64_t> plans;
  uint64_t states = 0;
  uint64_t most = 0;
};

/// Compares the two on one plan.
void compare(const Plan& plan, const std::string& what, Tally& tally) {
  const auto refused = refusal(plan);
  const int executions = static_cast<int>(plan.inflight) + plan.max_offset() + 2;
  const auto verdict = explore(plan, static_cast<int8_t>(std::min(executions, 6)));
  tally.states += verdict.states;
  tally.most = std::max(tally.most, verdict.states);
  switch (verdict.outcome) {
    case Outcome::too_large: ++tally.plans["too large"]; return;
    case Outcome::fine:
      // A window no larger than the offsets parts executions by blank rounds, which the driver gives only once it has
      // to wait. That keeps some circuits from closing and some races from being run, but a larger window would not:
      // both are held against the schedule (rounds.h).
      if (static_cast<int32_t>(plan.inflight) <= plan.max_offset() && !refused.empty()) {
        ++tally.plans["saved by its small window alone"];
        return;
      }
      ++tally.plans["fine"];
      ASSERT_EQ(refused, "") << "refused, but nothing goes wrong: " << what;
      return;
    case Outcome::stuck:
      ++tally.plans["stuck"];
      ASSERT_NE(refused, "") << "accepted, but it comes to a standstill: " << verdict.text << "\n" << what;
      return;
    case Outcome::race:
      ++tally.plans["race"];
      ASSERT_NE(refused, "") << "accepted, but it races: " << verdict.text << "\n" << what;
  }
}

void report(const char* what, const Tally& tally) {
  std::cout << what << ": ";
  for (const auto& [outcome, count] : tally.plans) std::cout << count << ' ' << outcome << ", ";
  std::cout << tally.states << " states, at most " << tally.most << " of one plan\n";
}

/// A wait of a lane, or an acquired or released slot, left out by lot; nothing where there is none.
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
  const char* mode = std::getenv("STRETTO_ORACLE");
  const bool full = mode != nullptr && std::string(mode) == "full";
  const char* wanted = std::getenv("STRETTO_ORACLE_SCHEDULES");
  const int schedules = wanted != nullptr ? std::atoi(wanted) : 1;
  const auto graphs = small_graphs(SmallGraph::kMostNodes, 3);
  Tally drafts, mutilated;
  std::mt19937_64 random(1);
  size_t tried = 0;
  for (size_t i = 0; i < graphs.size(); i += full ? 1 : 1 + random() % 40) {
    ++tried;
    for (int s = 0; s < schedules; ++s) {
      const auto options = anyhow(random);
      const Plan plan = compiling::draft(graphs[i].build("cpu", random() % 2 == 0), options, catalogue());
      const auto what = "graph " + std::to_string(i) + "\n" + to_json(plan);
      compare(plan, what, drafts);
      Plan less = plan;
      if (refusal(plan).empty() && drop_something(less, random)) compare(less, "mutilated " + what, mutilated);
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
  std::cout << tried << " of " << graphs.size() << " graphs\n";
  report("schedules anyhow", drafts);
  report("a wait less", mutilated);
  // Each kind of outcome must have been there to be told apart.
  for (const char* outcome : {"fine", "race", "stuck"}) EXPECT_GT(drafts.plans[outcome], tried / 40) << outcome;
  EXPECT_GT(mutilated.plans["race"], tried / 20);
  EXPECT_EQ(drafts.plans["too large"], 0U);
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
  for (int i = 0; i < 400; ++i) {
    const auto options = anyhow(random);
    Graph graph = graphs[random() % graphs.size()].build("cpu", random() % 2 == 0);
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
