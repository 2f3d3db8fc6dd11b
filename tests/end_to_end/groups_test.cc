// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Groups: messages of one actor that begin and complete as one, made by a test scheduler. Ungrouped, most of these
/// orders would stand still.

#include "leftovers.h"
#include "scene.h"

#include <algorithm>

namespace stretto::testing {
namespace {

const Spec kNumbers = spec(kF32, {5});
constexpr const char* kRendezvous = "rendezvous";

std::vector<Arrangement> grouped() {
  std::vector<Arrangement> all;
  for (auto arrangements : {as_threads(), on_async_device()})
    for (auto& arrangement : arrangements) {
      if (arrangement.scheduler != "serial" || (arrangement.device == "async_device" && arrangement.reversed)) continue;
      arrangement.scheduler = "grouping";
      const bool known = std::any_of(
          all.begin(), all.end(), [&](const Arrangement& earlier) { return to_text(earlier) == to_text(arrangement); });
      if (!known) all.push_back(std::move(arrangement));
    }
  return all;
}

class Groups : public EveryWay {
 protected:
  /// Where the plan has so many steps in groups at least.
  ::testing::AssertionResult agrees(std::ptrdiff_t steps, const std::function<Feeds(const Graph&)>& feeds) {
    const auto options = scene_.options();
    const Graph graph = scene_.take();
    const Plan plan = compile(graph, options, catalogue());
    const auto found = std::count_if(plan.steps.begin(), plan.steps.end(), [](const Step& s) { return s.group >= 0; });
    if (found < steps) return ::testing::AssertionFailure() << found << " steps are in groups, expected " << steps;
    return testing::agrees(graph, options, feeds(graph));
  }
  ::testing::AssertionResult agrees(std::ptrdiff_t steps, int64_t executions = 12) {
    return agrees(steps, [&](const Graph& graph) { return small_numbers(graph, executions); });
  }
};
INSTANTIATE_TEST_SUITE_P(Groups, Groups, ::testing::ValuesIn(grouped()), arrangement_name);

GraphBuilder::Node sent(Scene& scene, ActorHandle actor, const std::string& op, const ValueRef& x) {
  return scene.node(actor, op, x).channel(by(kRendezvous));
}

/// Every actor sends its value to each of the others, and adds up what it gets.
void all_to_all(Scene& scene, int count) {
  std::vector<ActorHandle> actors;
  for (int i = 0; i < count; ++i) actors.push_back(scene.actor());
  const auto x = scene.input(kNumbers);
  std::vector<ValueRef> made;
  for (int i = 0; i < count; ++i)
    made.push_back(sent(scene, actors[i], "tensor.scale", x).arg("factor", 2.0 + i).value());
  for (int i = 0; i < count; ++i) scene.output(scene.sum(actors[i], made).value());
}

TEST_P(Groups, TwoActorsSendToEachOther) {
  all_to_all(scene_, 2);
  EXPECT_TRUE(agrees(4));
}

TEST_P(Groups, FourActorsSendToEachOther) {
  all_to_all(scene_, 4);
  EXPECT_TRUE(agrees(24));
}

TEST_P(Groups, OneActorSendsToTwo) {
  const auto writer = scene_.actor();
  const auto x = scene_.input(kNumbers);
  const auto made = sent(scene_, writer, "tensor.scale", x).arg("factor", 2.0).value();
  for (int i = 0; i < 2; ++i) scene_.output(scene_.node(scene_.actor(), "tensor.copy", made).value());
  EXPECT_TRUE(agrees(2));
}

// Both levels cross, and the second one's values are made of the first one's.
TEST_P(Groups, TwoRoundsOfAnExchange) {
  const auto a = scene_.actor(), b = scene_.actor();
  const auto x = scene_.input(kNumbers);
  auto on_a = sent(scene_, a, "tensor.scale", x).arg("factor", 2.0).value();
  auto on_b = sent(scene_, b, "tensor.scale", x).arg("factor", 3.0).value();
  for (int i = 0; i < 2; ++i) {
    const auto next_a = sent(scene_, a, "tensor.scale", on_b).arg("factor", 0.5).value();
    on_b = sent(scene_, b, "tensor.scale", on_a).arg("factor", 4.0).value();
    on_a = next_a;
  }
  scene_.output(scene_.node(a, "tensor.copy", on_b).value());
  scene_.output(scene_.node(b, "tensor.copy", on_a).value());
  EXPECT_TRUE(agrees(12));
}

TEST_P(Groups, AnErrorInAGroupFailsItsExecutionAlone) {
  const auto a = scene_.actor(), b = scene_.actor();
  const auto x = scene_.input(kScalar);
  const auto fails = [&](ActorHandle actor, std::vector<int64_t> at) {
    return sent(scene_, actor, "tensor.fail", x).arg("at", std::move(at)).arg("message", std::string("bad")).value();
  };
  const auto on_a = fails(a, {0, 3}), on_b = fails(b, {3, 4});
  scene_.output(scene_.node(a, "tensor.running_sum", on_b).value());
  scene_.output(scene_.node(b, "tensor.copy", on_a).value());
  EXPECT_TRUE(agrees(4));
}

/// Each tells how much it sends before it asks how much it gets.
TEST_P(Groups, DynamicValuesCross) {
  const auto length = spec(kI64, {1});
  const auto host = scene_.actor_on("cpu"), other = scene_.actor_on("cpu"), third = scene_.actor();
  const auto value = scene_.input(kScalar), many = scene_.input(length);
  const auto fill = [&](ActorHandle actor) {
    auto node = scene_.node(actor, "tensor.fill").bind("value", value).bind("shape", many).channel(by(kRendezvous));
    return node.arg("dtype", std::string("f32")).arg("max_bytes", int64_t{40});
  };
  const auto on_host = fill(host).value(), on_other = fill(other).value();
  const auto on_third = sent(scene_, third, "tensor.scale", value).arg("factor", 5.0).value();
  scene_.output(scene_.node(host, "tensor.copy", on_other).value());
  scene_.output(scene_.node(host, "tensor.copy", on_third).value());
  scene_.output(scene_.node(other, "tensor.copy", on_host).value());
  scene_.output(scene_.node(third, "tensor.copy", on_host).value());
  EXPECT_TRUE(agrees(5, [](const Graph&) {
    Feeds feeds;
    for (const double elements : {3, 10, 1, 0, 11, 7})
      feeds.push_back({tensor(kF32, {}, {elements + 1}), tensor(kI64, {1}, {elements})});
    return feeds;
  }));
}

TEST_P(Groups, TheSameOrderWithoutThemStandsStill) {
  all_to_all(scene_, 2);
  auto options = scene_.options();
  Arguments arguments;
  arguments["group"].value = false;
  options.components.push_back({"scheduler", "grouping", arguments, {}});
  const auto error = caught([&] { compile(scene_.take(), options, catalogue()); });
  EXPECT_EQ(error.code, Code::invalid_argument);
  EXPECT_NE(error.text.find("would deadlock"), std::string::npos) << error.text;
}

/// A group that was begun and never ended, on one of the actors: all of the run ends, with that reason.
TEST_P(Groups, AFaultInTheMiddleEndsTheRunAndNamesTheActor) {
  const Leftovers leftovers;
  {
    all_to_all(scene_, 3);
    auto options = scene_.options();
    Arguments arguments;
    arguments["breaks_at"].value = int64_t{6};
    options.components.push_back({"transport", kRendezvous, arguments, {}});
    const Graph graph = scene_.take();
    Runtime runtime = Runtime::open(compile(graph, options, catalogue()), catalogue(), run_options(false));
    const auto error = caught([&] {
      for (const auto& feed : small_numbers(graph, 5)) runtime.execute(spans(feed), soon()).get(soon());
    });
    EXPECT_NE(error.text.find("in the middle of a group"), std::string::npos) << error.text;
    EXPECT_NE(error.text.find("actor_"), std::string::npos) << error.text;
  }
  EXPECT_TRUE(leftovers.nothing_more());
}

TEST_P(Groups, AbortEndsOneThatWaitsForItsPeer) {
  const Leftovers leftovers;
  {
    const auto a = scene_.actor(), b = scene_.actor();
    const auto x = scene_.input(kScalar);
    const auto slow = sent(scene_, a, "tensor.busy", x).arg("seconds", 0.3).value();
    const auto fast = sent(scene_, b, "tensor.scale", x).arg("factor", 2.0).value();
    scene_.output(scene_.node(a, "tensor.copy", fast).value());
    scene_.output(scene_.node(b, "tensor.copy", slow).value());
    const auto options = scene_.options();
    Runtime runtime = Runtime::open(compile(scene_.take(), options, catalogue()), catalogue(), run_options(false));
    auto future = runtime.execute(spans(scalar(1)), soon());
    runtime.abort(Code::cancelled, "nobody wants it any more");
    EXPECT_EQ(caught([&] { future.get(soon()); }).code, Code::cancelled);
  }
  EXPECT_TRUE(leftovers.nothing_more());
}

}  // namespace
}  // namespace stretto::testing
