// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Executions that overlap, fail, come late; runs that are closed early, twice, or followed by another.

#include "leftovers.h"
#include "scene.h"
#include "stretto/op.h"

#include <atomic>
#include <cstring>
#include <thread>

namespace stretto::testing {
namespace {

float number(const std::vector<Tensor>& outputs, size_t index = 0) {
  float value = 0;
  EXPECT_EQ(outputs.at(index).bytes.size(), sizeof value);
  std::memcpy(&value, outputs[index].bytes.data(), sizeof value);
  return value;
}

class OpenedEveryWay : public EveryWay {
 protected:
  Runtime open(Scene& scene) {
    const auto options = scene.options();
    graph_ = scene.take();
    return Runtime::open(compile(graph_, options, catalogue()), catalogue(), run_options(options.processes));
  }
  Graph graph_;
};
class Executions : public OpenedEveryWay {};
INSTANTIATE_TEST_SUITE_P(Executions, Executions, ::testing::ValuesIn(as_threads_and_processes()), arrangement_name);
class ExecutionsByRendezvous : public OpenedEveryWay {};
INSTANTIATE_TEST_SUITE_P(Executions, ExecutionsByRendezvous, ::testing::ValuesIn(by_rendezvous()), arrangement_name);

void doubling(Scene& scene) {
  const auto x = scene.input(kScalar);
  const auto first = scene.node(scene.actor(), "tensor.scale", x).arg("factor", 2.0).value();
  scene.output(scene.node(scene.actor(), "tensor.copy", first).value());
}

/// As `doubling`, but each execution takes this long.
void slow_doubling(Scene& scene, double seconds) {
  const auto x = scene.input(kScalar);
  const auto slow = scene.node(scene.actor(), "tensor.busy", x).arg("seconds", seconds).value();
  scene.output(scene.node(scene.actor(), "tensor.scale", slow).arg("factor", 2.0).value());
}

TEST_P(Executions, FuturesAreReadInAnyOrder) {
  doubling(scene_);
  Runtime runtime = open(scene_);
  for (int block = 0; block < 3; ++block) {
    std::vector<Future> futures;
    for (uint32_t i = 0; i < GetParam().inflight; ++i) futures.push_back(runtime.execute(spans(scalar(i)), soon()));
    for (size_t i = futures.size(); i-- > 0;) EXPECT_EQ(number(futures[i].get(soon())), 2.0F * static_cast<float>(i));
  }
}

TEST_P(Executions, ADroppedFutureIsForgotten) {
  doubling(scene_);
  Runtime runtime = open(scene_);
  for (int i = 0; i < 12; ++i) runtime.execute(spans(scalar(i)), soon());
  EXPECT_EQ(number(runtime.execute(spans(scalar(21)), soon()).get(soon())), 42);
}

TEST_P(Executions, AFullWindowMakesExecuteFailAtItsDeadline) {
  slow_doubling(scene_, 0.1);
  Runtime runtime = open(scene_);
  std::vector<Future> futures;
  for (uint32_t i = 0; i < GetParam().inflight; ++i) futures.push_back(runtime.execute(spans(scalar(i)), soon()));
  const auto error = caught([&] { runtime.execute(spans(scalar(0)), in(std::chrono::milliseconds(5))); });
  EXPECT_EQ(error.code, Code::overloaded) << error.text;
  for (size_t i = 0; i < futures.size(); ++i) EXPECT_EQ(number(futures[i].get(soon())), 2.0F * static_cast<float>(i));
  EXPECT_EQ(number(runtime.execute(spans(scalar(4)), soon()).get(soon())), 8);
}

TEST_P(Executions, ALateResultIsDiscardedAndTheRunGoesOn) {
  slow_doubling(scene_, 0.03);
  Runtime runtime = open(scene_);
  {
    auto future = runtime.execute(spans(scalar(1)), soon());
    EXPECT_EQ(caught([&] { future.get(in(std::chrono::milliseconds(1))); }).code, Code::timed_out);
  }
  for (int i = 2; i < 5; ++i)
    EXPECT_EQ(number(runtime.execute(spans(scalar(i)), soon()).get(soon())), 2.0F * static_cast<float>(i));
}

TEST_P(Executions, ALateResultCanBeReadLater) {
  slow_doubling(scene_, 0.1);
  Runtime runtime = open(scene_);
  auto future = runtime.execute(spans(scalar(7)), soon());
  EXPECT_EQ(caught([&] { future.get(in(std::chrono::milliseconds(1))); }).code, Code::timed_out);
  EXPECT_EQ(number(future.get(soon())), 14);
}

GraphBuilder::Node failing(Scene& scene, ActorHandle actor, const ValueRef& x, std::vector<int64_t> at) {
  auto node = scene.node(actor, "tensor.fail", x);
  node.arg("at", std::move(at)).arg("message", std::string("out of luck"));
  return node;
}

void failing_chain(Scene& scene, const std::string& transport) {
  const auto a = scene.actor(), b = scene.actor(), c = scene.actor();
  const auto x = scene.input(kScalar);
  const auto first = scene.node(a, "tensor.scale", x).arg("factor", 2.0).channel(by(transport)).value();
  const auto second = failing(scene, b, first, {1, 2, 5}).channel(by(transport)).value();
  const auto third = scene.node(c, "tensor.scale", second).arg("factor", 2.0).channel(by(transport)).value();
  scene.output(scene.node(a, "tensor.copy", third).value());
}

TEST_P(Executions, AnErrorInAChainFailsItsExecutionAlone) {
  failing_chain(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees(12));
}

TEST_P(ExecutionsByRendezvous, AnErrorInAChainFailsItsExecutionAloneByRendezvous) {
  failing_chain(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees(12));
}

void failing_fan(Scene& scene, const std::string& transport) {
  const auto writer = scene.actor();
  const auto x = scene.input(kScalar);
  const auto made = failing(scene, writer, x, {0, 3}).channel(by(transport)).value();
  std::vector<ValueRef> parts;
  for (int i = 0; i < 3; ++i)
    parts.push_back(scene.node(scene.actor(), "tensor.scale", made).arg("factor", 2.0).channel(by(transport)).value());
  parts.push_back(failing(scene, writer, x, {3, 4}).value());  // two errors in execution 3
  scene.output(scene.sum(writer, parts).value());
}

TEST_P(Executions, AnErrorInAFanOutFailsItsExecutionAlone) {
  failing_fan(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees(12));
}

TEST_P(ExecutionsByRendezvous, AnErrorInAFanOutFailsItsExecutionAloneByRendezvous) {
  failing_fan(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees(12));
}

void failing_direct_edge(Scene& scene, const std::string& transport) {
  const auto a = scene.actor(), b = scene.actor();
  const auto x = scene.input(spec(kF32, {4}));
  ChannelOptions channel = by(transport);
  channel.static_shape = true;
  channel.direct_return = true;
  const auto made = failing(scene, a, x, {2, 3, 6}).channel(channel).value();
  scene.output(scene.node(b, "tensor.scale", made).arg("factor", 2.0).value());
}

TEST_P(Executions, AnErrorOnAStaticAndDirectEdgeFailsItsExecutionAlone) {
  failing_direct_edge(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees(12));
}

TEST_P(ExecutionsByRendezvous, AnErrorOnAStaticAndDirectEdgeFailsItsExecutionAloneByRendezvous) {
  failing_direct_edge(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees(12));
}

void failing_before_state(Scene& scene, const std::string& transport) {
  const auto a = scene.actor(), b = scene.actor();
  const auto x = scene.input(kScalar);
  const auto made = failing(scene, a, x, {2, 3, 6}).channel(by(transport)).value();
  scene.output(scene.node(b, "tensor.running_sum", made).value());
  scene.output(scene.node(b, "tensor.running_sum", x).value());  // not poisoned: its state goes on
}

TEST_P(Executions, AnErrorLeavesTheStateBehindItUnchanged) {
  failing_before_state(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees(12));
}

TEST_P(ExecutionsByRendezvous, AnErrorLeavesTheStateBehindItUnchangedByRendezvous) {
  failing_before_state(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees(12));
}

TEST_P(Executions, AnErrorNamesNodeActorAndExecution) {
  const auto a = scene_.actor();
  const auto x = scene_.input(kScalar);
  const auto made = failing(scene_, a, x, {1}).value();
  scene_.output(scene_.node(scene_.actor(), "tensor.copy", made).value());
  Runtime runtime = open(scene_);
  EXPECT_EQ(number(runtime.execute(spans(scalar(3)), soon()).get(soon())), 3);
  auto future = runtime.execute(spans(scalar(4)), soon());
  const auto error = caught([&] { future.get(soon()); });
  for (const std::string& part : {std::string("out of luck"), graph_.nodes[0].name, graph_.actors[0].name})
    EXPECT_NE(error.text.find(part), std::string::npos) << "no '" << part << "' in: " << error.text;
  EXPECT_NE(error.text.find("execution 1"), std::string::npos) << error.text;
  EXPECT_EQ(number(runtime.execute(spans(scalar(5)), soon()).get(soon())), 5);
}

TEST_P(Executions, CloseWhileAnOpRunsLetsItEnd) {
  const Leftovers leftovers;
  {
    slow_doubling(scene_, 0.1);
    Runtime runtime = open(scene_);
    auto future = runtime.execute(spans(scalar(4)), soon());
    runtime.close();
    EXPECT_EQ(number(future.get(soon())), 8);
    runtime.join();
  }
  EXPECT_TRUE(leftovers.nothing_more());
}

TEST_P(Executions, CloseAndJoinTwiceAreAsOnce) {
  doubling(scene_);
  Runtime runtime = open(scene_);
  runtime.execute(spans(scalar(4)), soon()).get(soon());
  for (int i = 0; i < 2; ++i) {
    runtime.close();
    runtime.join();
    runtime.join();
  }
  EXPECT_EQ(runtime.step_times().empty(), false);
}

TEST_P(Executions, ExecuteAfterCloseIsRefused) {
  doubling(scene_);
  Runtime runtime = open(scene_);
  runtime.close();
  const auto before = caught([&] { runtime.execute(spans(scalar(4)), soon()); });
  EXPECT_NE(before.code, Code::internal) << before.text;
  EXPECT_NE(before.text.find("close"), std::string::npos) << before.text;
  runtime.join();
  EXPECT_EQ(caught([&] { runtime.execute(spans(scalar(4)), soon()); }).code, before.code);
}

TEST_P(Executions, TheSameActorsRunAgainAfterClose) {
  const Leftovers leftovers;
  doubling(scene_);
  const auto options = scene_.options();
  const Graph graph = scene_.take();
  for (int i = 0; i < 2; ++i) {
    Runtime runtime = Runtime::open(compile(graph, options, catalogue()), catalogue(), run_options(options.processes));
    EXPECT_EQ(number(runtime.execute(spans(scalar(i)), soon()).get(soon())), 2.0F * static_cast<float>(i));
  }
  EXPECT_TRUE(leftovers.nothing_more());
}

TEST_P(Executions, TwoPlansRunOneAfterTheOtherAndSideBySide) {
  const Leftovers leftovers;
  {
    doubling(scene_);
    Runtime first = open(scene_);
    Scene other{GetParam()};
    slow_doubling(other, 0.001);
    Runtime second = open(other);
    for (int i = 0; i < 5; ++i) {
      auto early = first.execute(spans(scalar(i)), soon());
      EXPECT_EQ(number(second.execute(spans(scalar(10 + i)), soon()).get(soon())), 2.0F * static_cast<float>(10 + i));
      EXPECT_EQ(number(early.get(soon())), 2.0F * static_cast<float>(i));
    }
    first.close();
    first.join();
    EXPECT_EQ(number(second.execute(spans(scalar(1)), soon()).get(soon())), 2);
  }
  EXPECT_TRUE(leftovers.nothing_more());
}

TEST_P(Executions, AbortFailsWhatIsPendingWithItsReason) {
  const Leftovers leftovers;
  {
    slow_doubling(scene_, 0.2);
    Runtime runtime = open(scene_);
    auto future = runtime.execute(spans(scalar(4)), soon());
    runtime.abort(Code::cancelled, "nobody wants it any more");
    const auto error = caught([&] { future.get(soon()); });
    EXPECT_EQ(error.code, Code::cancelled);
    EXPECT_NE(error.text.find("nobody wants it any more"), std::string::npos) << error.text;
    EXPECT_EQ(caught([&] { runtime.execute(spans(scalar(4)), soon()); }).code, Code::cancelled);
  }
  EXPECT_TRUE(leftovers.nothing_more());
}

/// Of all test devices of this process: pieces of memory that were not given back.
int64_t held_by_devices() {
  std::string number;
  const stretto_sink found{sizeof(stretto_sink), &number, [](void* into, const char* text, size_t length) {
                             static_cast<std::string*>(into)->assign(text, length);
                           }};
  EXPECT_EQ(catalogue().find(STRETTO_DEVICE, "async_device").raw->examine(&found, nullptr), STRETTO_OK);
  return std::stoll(number);
}

TEST(OpeningThatFails, GivesBackWhatItHadWhicheverPieceOfMemoryIsMissing) {
  const Leftovers leftovers;
  int64_t refused = 0;
  for (bool opened = false; !opened && refused < 100;) {
    Scene scene{{.device = "async_device"}};
    doubling(scene);
    auto options = scene.options();
    options.components[0].options["refuse"].value = ++refused;
    const Graph graph = scene.take();
    try {
      const Runtime runtime = Runtime::open(compile(graph, options, catalogue()), catalogue(), run_options(false));
      opened = true;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::overloaded) << error.what();
      EXPECT_NE(std::string(error.what()).find("of memory is refused"), std::string::npos) << error.what();
    }
    EXPECT_EQ(held_by_devices(), 0) << "piece " << refused << " was refused";
  }
  EXPECT_GT(refused, 4);
  EXPECT_LT(refused, 100);
  EXPECT_TRUE(leftovers.nothing_more());
}

/// An op whose prepare returns no sooner than the gate is opened.
class Late final : public Op {
 public:
  struct Gate {
    std::atomic<bool> open{false};
    std::atomic<int> passed{0};
  };
  static Gate& gate() {
    static Gate only;
    return only;
  }
  OpInfo info() const override { return {"make", "Is prepared late", {}, {{"made", ""}}, {}, 0}; }
  Inference infer(const Call& /*call*/) const override {
    Inference inference;
    inference.results.resize(1);
    inference.results[0].dtype = kF32;
    return inference;
  }
  std::unique_ptr<Kernel> prepare(const Call& /*call*/, const stretto_native& /*lane*/) const override {
    while (!gate().open) std::this_thread::yield();
    ++gate().passed;
    return std::make_unique<Nothing>();
  }

 private:
  class Nothing final : public Kernel {
    void launch(const Launch& /*launch*/) override {}
  };
};

TEST(OpeningThatFails, LeavesAThreadWithAllThatItUses) {
  const Leftovers leftovers;
  auto plugins = std::make_unique<Catalogue>(catalogue().folders());
  plugins->add(&op_library_component<Late>("late", "for this test", "host")->raw);
  Scene scene{{}};
  const auto actor = scene.actor();
  for (int i = 0; i < 2; ++i) scene.output(scene.node(actor, "late.make").value());
  const auto compiling = scene.options();
  const Graph graph = scene.take();
  auto running = run_options(false);
  running.open = RunOptions::Seconds(2);  // time to come as far as prepare
  running.close = RunOptions::Seconds(0.1);
  EXPECT_EQ(caught([&] { Runtime::open(compile(graph, compiling, *plugins), *plugins, running); }).code,
            Code::timed_out);
  plugins.reset();
  Late::gate().open = true;
  EXPECT_TRUE(leftovers.nothing_more());
  EXPECT_EQ(Late::gate().passed, 2);
}

TEST(DeviceDeath, AnAsynchronousErrorEndsThePlanAndNamesTheActor) {
  const Leftovers leftovers;
  {
    Scene scene{{.device = "async_device"}};
    doubling(scene);
    auto options = scene.options();
    options.components[0].options["break_after"].value = int64_t{40};
    const Graph graph = scene.take();
    Runtime runtime = Runtime::open(compile(graph, options, catalogue()), catalogue(), run_options(false));
    Caught error;
    for (int i = 0; i < 100 && error.code == Code::ok; ++i) try {
        runtime.execute(spans(scalar(i)), soon()).get(soon());
      } catch (const Error& thrown) {
        error = {thrown.code(), thrown.what()};
      }
    EXPECT_NE(error.text.find("break_after"), std::string::npos) << error.text;
    EXPECT_TRUE(error.text.find(graph.actors[0].name) != std::string::npos ||
                error.text.find(graph.actors[1].name) != std::string::npos)
        << error.text;
  }
  EXPECT_TRUE(leftovers.nothing_more());
}

}  // namespace
}  // namespace stretto::testing
