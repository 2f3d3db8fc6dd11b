// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What a scheduler can answer that is no schedule: an error that names the scheduler, its plugin and what was wrong.

#include "plans.h"
#include "stretto/scheduler.h"

#include <algorithm>
#include <map>

namespace stretto::testing {
namespace {

/// One lane per actor, in an order that works, but for one slip that the option names.
class Slipping final : public Scheduler {
 public:
  void schedule(const Problem& problem, Answer& answer) const override {
    const std::string slip(problem.settings.text("slip"));
    std::map<uint32_t, uint32_t> lanes;
    bool slipped = false;
    for (const uint32_t number : order(problem)) {
      const auto& step = *problem.steps[number];
      const bool driver = (problem.actors[step.actor]->flags & STRETTO_ACTOR_DRIVER) != 0;
      if (driver && slip == "the driver's step" && !lanes.empty()) answer.step(lanes.begin()->second, number);
      if (driver) continue;
      if (!lanes.contains(step.actor)) lanes[step.actor] = answer.lane(step.actor, "all");
      const uint32_t lane = lanes[step.actor];
      const bool here = !slipped && step.kind == STRETTO_SEND;
      slipped = slipped || here;
      if (here && slip == "a step less") continue;
      if (here && slip == "an unknown lane") answer.step(1000, number);
      if (here && slip == "another's lane") answer.step(answer.lane(1 - step.actor, "other"), number);
      if (here && slip == "an unknown step") answer.step(lane, 100000);
      answer.step(lane, number, !here ? 0 : slip == "a large offset" ? 1000000 : slip == "a negative offset" ? -1 : 0);
      if (here && slip == "a step twice") answer.step(lane, number);
    }
    if (slip == "an unknown actor") answer.lane(100, "nowhere");
    if (slip == "the driver's lane") answer.lane(static_cast<uint32_t>(problem.actors.size()) - 1, "driver");
    if (slip == "too many slots") answer.slots(0, 100000);
    if (slip == "no slots") answer.slots(0, 0);
    if (slip == "an unknown ring") answer.slots(100000, 1);
    const uint32_t pair[] = {0, 1};
    const uint32_t unknown[] = {100000};
    if (slip == "a group of anything") answer.group(pair);
    if (slip == "a group of nothing known") answer.group(unknown);
    if (slip == "lanes without end")
      for (;;) answer.lane(0, "more");
    if (slip == "an exception") throw Error(Code::internal, "out of ideas");
  }

 private:
  static std::vector<uint32_t> order(const Problem& problem) {
    std::vector<uint32_t> missing(problem.steps.size(), 0), ready, result;
    for (const auto* place : problem.places)
      if (place->tokens == 0) ++missing[place->to];
    for (uint32_t step = 0; step < missing.size(); ++step)
      if (missing[step] == 0) ready.push_back(step);
    while (!ready.empty()) {
      const uint32_t step = ready.back();
      ready.pop_back();
      result.push_back(step);
      for (const auto* place : problem.places)
        if (place->tokens == 0 && place->from == step && --missing[place->to] == 0) ready.push_back(place->to);
    }
    return result;
  }
};

const stretto_component* slipping_scheduler() {
  static const auto* component =
      scheduler_component<Slipping>("slipping", "one slip", {Option(Type::text, "slip", "which").otherwise("\"\"")});
  return &component->raw;
}

std::string answer_to(const std::string& slip) {
  static const bool kAdded = (catalogue().add(slipping_scheduler(), "banana skin"), true);
  (void)kAdded;
  CompileOptions options = options_with("slipping");
  Arguments arguments;
  arguments["slip"].value = slip;
  options.components.push_back({"scheduler", "slipping", arguments, {}});
  return refusal([&] { compile(pair_graph(), options, catalogue()); });
}

TEST(AScheduler, ThatAnswersRightIsTaken) { EXPECT_EQ(answer_to(""), ""); }

class AWrongAnswer : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(AWrongAnswer, IsAnErrorThatNamesThePlugin) {
  const auto text = answer_to(GetParam().first);
  EXPECT_NE(text.find("scheduler 'slipping'"), std::string::npos) << text;
  EXPECT_NE(text.find("plugin banana skin"), std::string::npos) << text;
  EXPECT_NE(text.find(GetParam().second), std::string::npos) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Slips, AWrongAnswer,
    ::testing::Values(std::pair("a step less", "no lane"), std::pair("a step twice", "twice"),
                      std::pair("an unknown lane", "lane 1000"), std::pair("another's lane", "a lane of actor"),
                      std::pair("an unknown step", "step 100000"), std::pair("the driver's step", "driver's step"),
                      std::pair("a large offset", "offset 1000000"), std::pair("a negative offset", "offset -1"),
                      std::pair("an unknown actor", "actor 100"), std::pair("the driver's lane", "driver"),
                      std::pair("too many slots", "100000 slots"), std::pair("no slots", "0 slots"),
                      std::pair("an unknown ring", "ring 100000"), std::pair("a group of anything", "grouped"),
                      std::pair("a group of nothing known", "step 100000"),
                      std::pair("lanes without end", "more lanes"), std::pair("an exception", "out of ideas")));

/// Of a transport with one global order: the scheduler `apart` gives every step a lane of its own.
TEST(AScheduler, ThatPartsTheLanesOfAGlobalOrderIsRefused) {
  GraphBuilder build("two messages");
  const auto a = build.actor("a", "async_device"), b = build.actor("b", "async_device");
  const auto x = build.input("x", {kF32, {4}, 0, false});
  ChannelOptions channel;
  channel.transport = "rendezvous";
  std::vector<ValueRef> made;
  for (const char* name : {"one", "two"})
    made.push_back(build.node(name, a, "tensor.scale").bind("x", x).arg("factor", 2.0).channel(channel).value());
  build.output("y", build.node("sum", b, "tensor.add").bind("values", made).value());
  const auto text = refusal([&] { compile(build.take(), options_with("apart"), catalogue()); });
  EXPECT_NE(text.find("scheduler 'apart'"), std::string::npos) << text;
  EXPECT_NE(text.find("all steps of transport 'rendezvous' on one actor must share one"), std::string::npos) << text;
}

}  // namespace
}  // namespace stretto::testing
