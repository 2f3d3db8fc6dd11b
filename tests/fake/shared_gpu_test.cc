// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Actors that share a fake GPU: slots are handed over in its memory, within a process and between processes. Within
/// one, the vector clocks must find no access that nothing orders.

#include "leftovers.h"
#include "scene.h"
#include "violations.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

namespace stretto::testing {
namespace {

const Spec kVector = spec(kF32, {100});

std::vector<Arrangement> every_way() {
  std::vector<Arrangement> all;
  for (const bool processes : {false, true})
    for (const char* scheduler : {"serial", "overlap"})
      for (const uint32_t inflight : {1U, 5U}) all.push_back({scheduler, inflight, "cuda", "", processes, false});
  return all;
}

/// All of a kind of device on the first one: `apart` names the actors that are not.
Graph on_one_gpu(Graph graph, const std::map<uint32_t, int32_t>& apart = {}) {
  for (uint32_t i = 0; i < graph.actors.size(); ++i) graph.actors[i].device_index = apart.contains(i) ? apart.at(i) : 0;
  return graph;
}

ChannelOptions with_slots(uint32_t slots) {
  ChannelOptions options;
  options.slots = slots;
  return options;
}

GraphBuilder::Node scaled(Scene& scene, ActorHandle actor, const ValueRef& x, double factor) {
  return scene.node(actor, "tensor.scale", x).arg("factor", factor);
}

size_t handed_over(const Plan& plan) {
  return static_cast<size_t>(
      std::ranges::count_if(plan.channels, [](const Channel& channel) { return channel.device_slots; }));
}

class OnOneGpu : public EveryWay {
 protected:
  /// Runs the scene, which must hand over `channels` values in the GPU's memory.
  void agree(size_t channels, const std::map<uint32_t, int32_t>& apart = {}, const Feeds& feeds = {}) {
    agree(scene_, channels, apart, feeds);
  }
  static void agree(Scene& scene, size_t channels, const std::map<uint32_t, int32_t>& apart = {},
                    const Feeds& feeds = {}) {
    const auto options = scene.options();
    const Graph graph = on_one_gpu(scene.take(), apart);
    EXPECT_EQ(handed_over(compile(graph, options, catalogue())), channels);
    const auto errors = std::make_unique<Captured>();
    EXPECT_TRUE(agrees(graph, options, feeds.empty() ? small_numbers(graph, 12) : feeds));
    EXPECT_EQ(errors->text().find("FAKE"), std::string::npos) << errors->text();
    EXPECT_EQ(violation(), "");
    EXPECT_EQ(of_the_fake<size_t()>("stretto_fake_leaks")(), 0U);
  }

 private:
  /// What this process and its actors say on stderr: their fakes know no other way to tell.
  struct Captured {
    Captured() { ::testing::internal::CaptureStderr(); }
    Captured(const Captured&) = delete;
    Captured& operator=(const Captured&) = delete;
    ~Captured() {
      if (!taken) ::testing::internal::GetCapturedStderr();
    }
    const std::string& text() {
      if (!std::exchange(taken, true)) said = ::testing::internal::GetCapturedStderr();
      return said;
    }
    bool taken = false;
    std::string said;
  };
};
INSTANTIATE_TEST_SUITE_P(SharedGpu, OnOneGpu, ::testing::ValuesIn(every_way()), arrangement_name);

TEST_P(OnOneGpu, ValuesGoThereAndBack) {
  const auto a = scene_.actor(), b = scene_.actor();
  auto value = scene_.input(kVector);
  for (int i = 0; i < 4; ++i) value = scaled(scene_, i % 2 == 0 ? a : b, value, 2).value();
  scene_.output(value);
  agree(3);
}

TEST_P(OnOneGpu, SlotsTakeTurns) {
  for (const uint32_t slots : {1U, 2U, 3U}) {
    Scene scene{GetParam()};
    const auto a = scene.actor(), b = scene.actor();
    const auto made = scaled(scene, a, scene.input(kVector), 3).channel(with_slots(slots)).value();
    scene.output(scaled(scene, b, made, 5).value());
    agree(scene, 1);
  }
}

TEST_P(OnOneGpu, ManyReadersShareASlot) {
  const auto a = scene_.actor(), b = scene_.actor(), c = scene_.actor(), d = scene_.actor();
  const auto host = scene_.actor_on("cpu");
  const auto made = scaled(scene_, a, scene_.input(kVector), 3).value();
  // Several steps of one reader, one of the writer itself, one on another GPU and one on the host.
  for (const double factor : {1.0, 2.0, 3.0}) scene_.output(scaled(scene_, b, made, factor).value());
  for (const auto actor : {a, c, d, host}) scene_.output(scaled(scene_, actor, made, 7).value());
  agree(1, {{3, 1}});
}

TEST_P(OnOneGpu, AValueThatIsAnOutputTooStaysWhereItIs) {
  const auto a = scene_.actor(), b = scene_.actor();
  const auto made = scaled(scene_, a, scene_.input(kVector), 3).value();
  scene_.output(made);
  scene_.output(scaled(scene_, b, made, 2).value());
  agree(1);
}

TEST_P(OnOneGpu, DynamicValuesGrowAndShrink) {
  const auto host = scene_.actor_on("cpu"), a = scene_.actor(), b = scene_.actor();
  const auto value = scene_.input(kScalar), length = scene_.input(spec(kI64, {1}));
  auto made = scene_.node(host, "tensor.fill");
  made.bind("value", value).bind("shape", length).arg("dtype", std::string("f32")).arg("max_bytes", int64_t{40});
  scene_.output(scaled(scene_, b, scaled(scene_, a, made.value(), 2).value(), 3).value());
  Feeds feeds;
  for (const double elements : {3, 10, 1, 0, 11, 7, 10})  // 11 are too many: that execution fails, alone
    feeds.push_back({tensor(kF32, {}, {elements + 1}), tensor(kI64, {1}, {elements})});
  agree(1, {}, feeds);
}

TEST_P(OnOneGpu, StateFollowsTheExecutions) {
  const auto a = scene_.actor(), b = scene_.actor();
  const auto made = scaled(scene_, a, scene_.input(kVector), 3).value();
  scene_.output(scene_.node(b, "tensor.running_sum", made).value());
  agree(1);
}

TEST_P(OnOneGpu, CollectivesOverChannelsReadInPlace) {
  const std::vector<ActorHandle> set{scene_.actor(), scene_.actor(), scene_.actor()};
  std::vector<ValueRef> parts;
  const auto x = scene_.input(kVector);
  for (size_t i = 0; i < set.size(); ++i)
    parts.push_back(scaled(scene_, set[i], x, static_cast<double>(i + 1)).value());
  const auto sum = scene_.collective(set, "all_reduce", parts).arg("reduce", std::string("sum"));
  for (uint32_t i = 0; i < set.size(); ++i) scene_.output(sum.value(i));
  agree(3);
}

/// Two actors on one GPU: `seconds` of work on the first, then a product on the second.
class TwoOnOneGpu {
 public:
  explicit TwoOnOneGpu(bool processes)
      : scene_({.scheduler = "overlap", .inflight = 2, .device = "cuda", .processes = processes}) {}
  TwoOnOneGpu& busy(double seconds) {
    seconds_ = seconds;
    return *this;
  }
  TwoOnOneGpu& staged() {
    Arguments shm;
    shm["device_slots"].value = false;
    more_.push_back({"transport", "shm", shm, {}});
    return *this;
  }
  TwoOnOneGpu& launched(uint32_t actor, const std::string& visible, int32_t index = 0) {
    launch_[actor] = {"env", "CUDA_VISIBLE_DEVICES=" + visible};
    apart_[actor] = index;
    return *this;
  }
  Plan plan() {
    const auto x = scene_.input(kVector);
    const auto first = scene_.node(scene_.actor(), "tensor.busy", x).arg("seconds", seconds_).value();
    scene_.output(scaled(scene_, scene_.actor(), first, 2).value());
    auto options = scene_.options();
    for (const auto& component : more_) options.components.push_back(component);
    Graph graph = on_one_gpu(scene_.take(), apart_);
    for (const auto& [actor, words] : launch_) graph.actors[actor].launch = words;
    feeds_ = small_numbers(graph, 1);
    return compile(graph, options, catalogue());
  }
  std::vector<TensorSpan> inputs() const { return spans(feeds_.at(0)); }
  double first_input() const {
    float value = 0;
    std::memcpy(&value, feeds_.at(0).at(0).bytes.data(), sizeof value);
    return static_cast<double>(value);
  }

 private:
  Scene scene_;
  double seconds_ = 0;
  std::vector<ComponentOptions> more_;
  std::map<uint32_t, std::vector<std::string>> launch_;
  std::map<uint32_t, int32_t> apart_;
  Feeds feeds_;
};

double first_element(const std::vector<Tensor>& results) {
  float value = 0;
  std::memcpy(&value, results.at(0).bytes.data(), sizeof value);
  return static_cast<double>(value);
}

void expect_right(TwoOnOneGpu& two, const Plan& plan) {
  Runtime runtime = Runtime::open(plan, catalogue(), run_options(plan.processes));
  EXPECT_EQ(first_element(runtime.execute(two.inputs(), soon()).get(soon())), 2 * two.first_input());
}

class Surrounding {
 public:
  explicit Surrounding(const char* name) : name_(name) { setenv(name, "1", 1); }
  Surrounding(const Surrounding&) = delete;
  Surrounding& operator=(const Surrounding&) = delete;
  ~Surrounding() { unsetenv(name_); }

 private:
  const char* name_;
};

TEST(SharedGpu, PlanSaysWhichWayAChannelTakes) {
  const Plan plan = TwoOnOneGpu(true).plan();
  ASSERT_EQ(handed_over(plan), 1U);
  for (const auto& channel : plan.channels)
    EXPECT_EQ(channel.device_slots, channel.reason.find("in place in the memory of cuda:0") != std::string::npos)
        << channel.reason;
  const Plan staged = TwoOnOneGpu(true).staged().plan();
  EXPECT_EQ(handed_over(staged), 0U);
  EXPECT_TRUE(std::ranges::any_of(staged.channels, [](const Channel& channel) {
    return channel.reason.find("on cuda:0 too staged through the host: device_slots = false") != std::string::npos;
  }));
}

TEST(SharedGpu, PlanIsKeptInAFile) {
  const Plan plan = TwoOnOneGpu(true).plan();
  const Plan again = plan_from_json(to_json(plan));
  EXPECT_NO_THROW(verify(again));
  EXPECT_EQ(hash(again), hash(plan));
}

TEST(SharedGpu, VerifierRefusesWhatTheDeviceCantOrder) {
  const auto refused = [](const auto& spoil) {
    Plan plan = TwoOnOneGpu(true).plan();
    const auto found = std::ranges::find_if(plan.channels, [](const Channel& channel) { return channel.device_slots; });
    spoil(plan, *found);
    return caught([&] { verify(plan); }).text;
  };
  EXPECT_NE(refused([](Plan& plan, Channel& channel) {
              plan.actors[channel.readers[0].actor].device_index = 1;
            }).find("a device that all its actors share"),
            std::string::npos);
  EXPECT_NE(refused([](Plan&, Channel& channel) {
              channel.stream_ordered = false;
            }).find("a device that all its actors share"),
            std::string::npos);
  EXPECT_NE(refused([](Plan& plan, Channel& channel) {
              for (auto& step : plan.steps)
                if (step.actor == channel.readers[0].actor) step.releases.clear();
            }).find("releases nothing"),
            std::string::npos);
  EXPECT_NE(refused([](Plan& plan, Channel& channel) {
              for (auto& step : plan.steps)
                if (step.actor == channel.writer) step.acquires.clear();
            }).find("acquires nothing"),
            std::string::npos);
}

TEST(SharedGpu, StagedThroughTheHostWhereAskedFor) {
  for (const bool processes : {false, true}) {
    TwoOnOneGpu two(processes);
    const Plan plan = two.staged().plan();
    expect_right(two, plan);
  }
}

TEST(SharedGpu, WithoutInterProcessMemoryProcessesAreRefusedWithTheMend) {
  const Leftovers leftovers;
  const Surrounding none("STRETTO_FAKE_NO_IPC");
  TwoOnOneGpu two(true);
  const Plan plan = two.plan();
  const auto error = caught([&] { Runtime::open(plan, catalogue(), run_options(true)); });
  EXPECT_EQ(error.code, Code::unavailable) << error.text;
  for (const char* part : {"actor_01", "node_00 → actor_01", "could not export", "cudaErrorNotSupported",
                           "[transport.shm] device_slots = false"})
    EXPECT_NE(error.text.find(part), std::string::npos) << part << " is missing in: " << error.text;
  TwoOnOneGpu mended(true);
  const Plan staged = mended.staged().plan();
  expect_right(mended, staged);
  EXPECT_TRUE(leftovers.nothing_more());
}

TEST(SharedGpu, WithoutInterProcessMemoryThreadsHaveThePointer) {
  const Surrounding none("STRETTO_FAKE_NO_IPC");
  TwoOnOneGpu two(false);
  const Plan plan = two.plan();
  ASSERT_EQ(handed_over(plan), 1U);
  expect_right(two, plan);
}

TEST(SharedGpu, IsTheSameByItsUuidAndNotByItsNumber) {
  TwoOnOneGpu same(true);
  const Plan plan = same.launched(0, "2").launched(1, "2,1").plan();
  ASSERT_EQ(handed_over(plan), 1U);
  expect_right(same, plan);
  TwoOnOneGpu other(true);
  const Plan wrong = other.launched(0, "2").launched(1, "1").plan();
  const auto error = caught([&] { Runtime::open(wrong, catalogue(), run_options(true)); });
  EXPECT_EQ(error.code, Code::unavailable) << error.text;
  EXPECT_NE(error.text.find("CUDA_VISIBLE_DEVICES"), std::string::npos) << error.text;
  // By their numbers these are two; that they are one is nobody's to know when the plan is made.
  TwoOnOneGpu apart(true);
  const Plan staged = apart.launched(0, "1").launched(1, "0,1", 1).plan();
  EXPECT_EQ(handed_over(staged), 0U);
  expect_right(apart, staged);
}

TEST(SharedGpu, AutoPrefersIt) {
  Scene scene{{.device = "cuda"}};
  const auto made = scaled(scene, scene.actor(), scene.input(kVector), 2).value();
  scene.output(scaled(scene, scene.actor(), made, 2).value());
  auto options = scene.options();
  options.transport = "auto";
  const Plan plan = compile(on_one_gpu(scene.take()), options, catalogue());
  EXPECT_EQ(handed_over(plan), 1U);
}

TEST(SharedGpu, KilledActorsAreNamedAndNothingIsLeft) {
  const Leftovers leftovers;
  for (size_t victim = 0; victim < 2; ++victim)
    for (const double seconds : {0.0, 30.0}) {  // at rest, and while the reader's lane waits for the writer's
      const auto known = children();
      TwoOnOneGpu two(true);
      const Plan plan = two.busy(seconds).plan();
      Runtime runtime = Runtime::open(plan, catalogue(), run_options(true));
      std::vector<int> actors;
      for (const int child : children())
        if (!known.contains(child)) actors.push_back(child);
      ASSERT_EQ(actors.size(), 2U);
      auto future = runtime.execute(two.inputs(), soon());
      if (seconds == 0) future.get(soon());
      kill(actors[victim], SIGKILL);
      const auto error = caught([&] {
        if (seconds != 0) future.get(soon());
        const auto until = soon();
        while (std::chrono::steady_clock::now() < until) runtime.execute(two.inputs(), soon()).get(soon());
      });
      EXPECT_EQ(error.code, Code::disconnected) << error.text;
      EXPECT_NE(error.text.find("actor_0"), std::string::npos) << error.text;
    }
  EXPECT_TRUE(leftovers.nothing_more());
}

TEST(SharedGpu, AbortEndsLanesThatWaitForEachOther) {
  const Leftovers leftovers;
  {
    TwoOnOneGpu two(false);
    const Plan plan = two.busy(0.3).plan();
    Runtime runtime = Runtime::open(plan, catalogue(), run_options(false));
    auto future = runtime.execute(two.inputs(), soon());
    runtime.abort(Code::cancelled, "enough");
    const auto error = caught([&] { future.get(soon()); });
    EXPECT_EQ(error.code, Code::cancelled) << error.text;
  }
  EXPECT_EQ(of_the_fake<size_t()>("stretto_fake_leaks")(), 0U);
  EXPECT_TRUE(leftovers.nothing_more());
}

}  // namespace
}  // namespace stretto::testing
