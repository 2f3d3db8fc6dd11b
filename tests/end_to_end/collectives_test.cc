// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Collectives: over channels of a buffered transport, where each member computes from the inputs of all, and as joint
/// transitions of one that has collectives.

#include "scene.h"

namespace stretto::testing {
namespace {

const Spec kTwelve = spec(kF32, {12});

/// Threads and processes, over channels.
class Collectives : public EveryWay {};
INSTANTIATE_TEST_SUITE_P(Collectives, Collectives, ::testing::ValuesIn(as_threads_and_processes()), arrangement_name);

/// As joint transitions: threads, and processes where the transport reaches those.
class JointCollectives : public EveryWay {};
INSTANTIATE_TEST_SUITE_P(Collectives, JointCollectives, ::testing::ValuesIn(by_rendezvous()), arrangement_name);

/// As joint transitions on the device that completes late and out of order.
class AsynchronousCollectives : public EveryWay {};
INSTANTIATE_TEST_SUITE_P(Collectives, AsynchronousCollectives, ::testing::ValuesIn(on_async_device()),
                         arrangement_name);

std::string over(const std::string& transport) { return *by(transport).transport; }

/// So many actors, each of which has scaled the input by its number plus one.
struct Workers {
  std::vector<ActorHandle> actors;
  std::vector<ValueRef> values;
};
Workers workers(Scene& scene, int count, const Spec& spec = kTwelve) {
  Workers made;
  const auto x = scene.input(spec);
  for (int i = 0; i < count; ++i) {
    made.actors.push_back(scene.actor());
    made.values.push_back(scene.node(made.actors.back(), "tensor.scale", x).arg("factor", i + 1.0).value());
  }
  return made;
}

void all_reduced(Scene& scene, int count, const std::string& transport, const char* reduce = "sum") {
  const auto [actors, values] = workers(scene, count);
  auto total =
      scene.collective(actors, "all_reduce", values).arg("reduce", std::string(reduce)).transport(over(transport));
  for (uint32_t i = 0; i < actors.size(); ++i)
    scene.output(scene.node(actors[i], "tensor.scale", total.value(i)).arg("factor", 2.0).value());
}

TEST_P(Collectives, AllReduceOverTwoActors) {
  all_reduced(scene_, 2, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}
TEST_P(Collectives, AllReduceOverFourActors) {
  all_reduced(scene_, 4, kBuffered, "max");
  EXPECT_TRUE(scene_.agrees());
}
TEST_P(JointCollectives, AllReduceOverTwoActors) {
  all_reduced(scene_, 2, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}
TEST_P(JointCollectives, AllReduceOverFourActors) {
  all_reduced(scene_, 4, kRendezvous, "min");
  EXPECT_TRUE(scene_.agrees());
}

// Values that are rounded: the order of the set is the order of the sum.
void narrow(Scene& scene, const std::string& transport) {
  const auto [actors, values] = workers(scene, 3, spec(kF16, {5, 3}));
  std::vector<ValueRef> odd;
  for (size_t i = 0; i < actors.size(); ++i)
    odd.push_back(scene.node(actors[i], "tensor.scale", values[i]).arg("factor", 1000.0 / 3.0).value());
  auto total = scene.collective(actors, "all_reduce", odd).transport(over(transport));
  auto product =
      scene.collective(actors, "all_reduce", values).arg("reduce", std::string("product")).transport(over(transport));
  for (uint32_t i = 0; i < actors.size(); ++i)
    scene.output(scene.sum(actors[i], {total.value(i), product.value(i)}).value());
}

TEST_P(Collectives, SixteenBitFloatsAreReducedInTheOrderOfTheSet) {
  narrow(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}
TEST_P(JointCollectives, SixteenBitFloatsAreReducedInTheOrderOfTheSet) {
  narrow(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}

// The set is not in the order of its actors.
void gathered_and_scattered(Scene& scene, const std::string& transport) {
  const auto [actors, values] = workers(scene, 3);
  const std::vector<ActorHandle> set{actors[2], actors[0], actors[1]};
  const std::vector<ValueRef> inputs{values[2], values[0], values[1]};
  auto whole = scene.collective(set, "all_gather", inputs).transport(over(transport));
  auto part = scene.collective(set, "reduce_scatter", inputs).transport(over(transport));
  for (uint32_t i = 0; i < set.size(); ++i) {
    scene.output(scene.node(set[i], "tensor.copy", whole.value(i)).value());
    scene.output(scene.node(set[i], "tensor.checksum", part.value(i)).value());
  }
}

TEST_P(Collectives, AllGatherAndReduceScatter) {
  gathered_and_scattered(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}
TEST_P(JointCollectives, AllGatherAndReduceScatter) {
  gathered_and_scattered(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}

// From a member in the middle, from outside of the set, and from the driver.
void broadcast(Scene& scene, const std::string& transport) {
  const auto [actors, values] = workers(scene, 3);
  const auto outside = scene.actor();
  const auto x = scene.input(kTwelve);
  const auto elsewhere = scene.node(outside, "tensor.scale", x).arg("factor", 3.0).value();
  for (const auto& value : {values[1], elsewhere, x}) {
    auto everywhere = scene.collective(actors, "broadcast", {value}).transport(over(transport));
    for (uint32_t i = 0; i < actors.size(); ++i)
      scene.output(scene.sum(actors[i], {everywhere.value(i), values[i]}).value());
  }
}

TEST_P(Collectives, BroadcastFromAMemberAndFromOutside) {
  broadcast(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}
TEST_P(JointCollectives, BroadcastFromAMemberAndFromOutside) {
  broadcast(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}

// {0, 1, 2} and {2, 1, 3}, and each member of the second needs the first.
void overlapping_sets(Scene& scene, const std::string& transport) {
  const auto [actors, values] = workers(scene, 4);
  auto first = scene.collective({actors[0], actors[1], actors[2]}, "all_reduce", {values[0], values[1], values[2]})
                   .transport(over(transport));
  auto second =
      scene.collective({actors[2], actors[1], actors[3]}, "all_reduce", {first.value(2), values[1], values[3]})
          .transport(over(transport));
  auto third =
      scene.collective({actors[3], actors[0]}, "all_gather", {values[3], values[0]}).transport(over(transport));
  scene.output(scene.sum(actors[0], {first.value(0), values[0]}).value());
  scene.output(scene.sum(actors[1], {first.value(1), second.value(1)}).value());
  for (const auto& value : {second.value(0), second.value(2), third.value(0), third.value(1)}) scene.output(value);
}

TEST_P(Collectives, SetsThatOverlap) {
  overlapping_sets(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}
TEST_P(JointCollectives, SetsThatOverlap) {
  overlapping_sets(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}

// Edges between the same actors, both ways, before, beside and behind the collective.
void mixed_with_edges(Scene& scene, const std::string& transport) {
  const auto [actors, values] = workers(scene, 2);
  const auto a = actors[0], b = actors[1];
  const auto there = scene.node(a, "tensor.scale", values[0]).arg("factor", 5.0).channel(by(transport)).value();
  const auto back = scene.node(b, "tensor.scale", values[1]).arg("factor", 7.0).channel(by(transport)).value();
  const auto on_b = scene.sum(b, {there, values[1]}).channel(by(transport)).value();
  const auto on_a = scene.sum(a, {back, on_b}).value();
  auto total = scene.collective(actors, "all_reduce", {on_a, on_b}).transport(over(transport)).channel(by(transport));
  auto all = scene.collective({b, a}, "all_gather", {total.value(1), on_a}).transport(over(transport));
  const auto crossed = scene.sum(b, {total.value(0), total.value(1)}).channel(by(transport)).value();
  scene.output(scene.sum(a, {total.value(0), crossed}).value());
  scene.output(all.value(0));
  scene.output(all.value(1));
}

TEST_P(Collectives, MixedWithEdgesBetweenTheSameActors) {
  mixed_with_edges(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}

// A RESULT that only a collective reads elsewhere is refused a transport of its own for edges that it does not have.
void mixed_jointly(Scene& scene) {
  const auto [actors, values] = workers(scene, 2);
  const auto a = actors[0], b = actors[1];
  const auto there = scene.node(a, "tensor.scale", values[0]).arg("factor", 5.0).channel(by(kRendezvous)).value();
  const auto back = scene.node(b, "tensor.scale", values[1]).arg("factor", 7.0).channel(by(kRendezvous)).value();
  const auto on_b = scene.sum(b, {there, values[1]}).value();
  const auto on_a = scene.sum(a, {back, values[0]}).value();
  auto total = scene.collective(actors, "all_reduce", {on_a, on_b}).transport(over(kRendezvous));
  const auto late = scene.node(a, "tensor.scale", total.value(0)).arg("factor", 2.0).channel(by(kRendezvous)).value();
  auto all = scene.collective({b, a}, "all_gather", {total.value(1), on_a}).transport(over(kRendezvous));
  scene.output(scene.sum(b, {late, total.value(1)}).value());
  scene.output(all.value(0));
  scene.output(all.value(1));
}

TEST_P(JointCollectives, MixedWithEdgesBetweenTheSameActors) {
  mixed_jointly(scene_);
  EXPECT_TRUE(scene_.agrees());
}
TEST_P(AsynchronousCollectives, MixedWithEdgesBetweenTheSameActors) {
  mixed_jointly(scene_);
  EXPECT_TRUE(scene_.agrees(12));
}

void poisoned(Scene& scene, const std::string& transport) {
  auto [actors, values] = workers(scene, 3);
  values[1] = scene.node(actors[1], "tensor.fail", values[1])
                  .arg("at", std::vector<int64_t>{1, 2, 5})
                  .arg("message", std::string("out of luck"))
                  .value();
  auto total = scene.collective(actors, "all_reduce", values).transport(over(transport));
  auto whole = scene.collective(actors, "all_gather", values).transport(over(transport));
  auto everywhere = scene.collective(actors, "broadcast", {values[1]}).transport(over(transport));
  for (uint32_t i = 0; i < actors.size(); ++i) {
    // Untouched by an execution that fails, on every member.
    scene.output(scene.node(actors[i], "tensor.running_sum", total.value(i)).value());
    scene.output(scene.node(actors[i], "tensor.running_sum", everywhere.value(i)).value());
    scene.output(whole.value(i));
  }
}

TEST_P(Collectives, OnePoisonedInputPoisonsAllResults) {
  poisoned(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees(12));
}
TEST_P(JointCollectives, OnePoisonedInputPoisonsAllResults) {
  poisoned(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees(12));
}
TEST_P(AsynchronousCollectives, OnePoisonedInputPoisonsAllResults) {
  poisoned(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees(12));
}

}  // namespace
}  // namespace stretto::testing
