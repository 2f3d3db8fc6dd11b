// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Shapes of graphs that deadlock, reorder or race where a schedule is wrong. Edges are buffered or rendezvous.

#include "scene.h"

namespace stretto::testing {
namespace {

const Spec kVector = spec(kF32, {5});

/// Threads and processes, buffered edges.
class Buffered : public EveryWay {};
INSTANTIATE_TEST_SUITE_P(Schedules, Buffered, ::testing::ValuesIn(as_threads_and_processes()), arrangement_name);

/// Edges of both kinds: threads, and processes where both reach those.
class Mixed : public EveryWay {};
INSTANTIATE_TEST_SUITE_P(Schedules, Mixed, ::testing::ValuesIn(by_rendezvous()), arrangement_name);

/// On the device that completes late and out of order.
class Asynchronous : public EveryWay {};
INSTANTIATE_TEST_SUITE_P(Schedules, Asynchronous, ::testing::ValuesIn(on_async_device()), arrangement_name);

TEST_P(Buffered, AChainOnOneActor) {
  const auto actor = scene_.actor();
  const auto x = scene_.input(kVector);
  const auto first = scene_.node(actor, "tensor.scale", x).arg("factor", 2.0).value();
  scene_.output(scene_.sum(actor, {first, first}).value());
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(Buffered, AForkOnOneActor) {
  const auto actor = scene_.actor();
  const auto x = scene_.input(kVector);
  const auto first = scene_.node(actor, "tensor.scale", x).arg("factor", 2.0).value();
  scene_.output(scene_.node(actor, "tensor.copy", first).value());
  scene_.output(scene_.sum(actor, {first, first}).value());
  EXPECT_TRUE(scene_.agrees());
}

void crossed_pairs(Scene& scene, const std::string& transport) {
  const auto a = scene.actor(), b = scene.actor();
  const auto x = scene.input(kVector);
  const auto on_a = scene.node(a, "tensor.scale", x).arg("factor", 2.0).channel(by(transport)).value();
  const auto on_b = scene.node(b, "tensor.scale", x).arg("factor", 3.0).channel(by(transport)).value();
  scene.output(scene.node(a, "tensor.copy", on_b).value());
  scene.output(scene.node(b, "tensor.copy", on_a).value());
}

TEST_P(Buffered, CrossedPairs) {
  crossed_pairs(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(Mixed, CrossedPairsByRendezvous) {
  crossed_pairs(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}

// Two stages, two microbatches: one forward, one backward in turn on the second stage.
void one_forward_one_backward(Scene& scene, const std::string& transport) {
  const auto first = scene.actor(), second = scene.actor();
  std::vector<ValueRef> batches{scene.input(kVector), scene.input(kVector)};
  std::vector<ValueRef> forward, there, back;
  for (const auto& batch : batches)
    forward.push_back(scene.node(first, "tensor.scale", batch).arg("factor", 2.0).channel(by(transport)).value());
  for (const auto& value : forward) {
    there.push_back(scene.node(second, "tensor.scale", value).arg("factor", 3.0).value());
    back.push_back(scene.node(second, "tensor.scale", there.back()).arg("factor", 0.5).channel(by(transport)).value());
  }
  for (size_t i = 0; i < back.size(); ++i) scene.output(scene.sum(first, {back[i], forward[i]}).value());
}

TEST_P(Buffered, OneForwardOneBackward) {
  one_forward_one_backward(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(Mixed, OneForwardOneBackwardByRendezvous) {
  one_forward_one_backward(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}

// The reference job, small.
void three_senders(Scene& scene, const std::string& transport) {
  const auto level = scene.input(spec(kF32, {}));
  std::vector<ValueRef> made;
  for (int i = 0; i < 3; ++i)
    made.push_back(scene.node(scene.actor(), "tensor.fill")
                       .bind("value", level)
                       .arg("shape", std::vector<int64_t>{4, 4})
                       .arg("dtype", std::string("f32"))
                       .channel(by(transport))
                       .value());
  const auto receiver = scene.actor();
  for (const auto& value : made) {
    scene.output(scene.node(receiver, "blas.matmul").bind("a", value).bind("b", value).value());
    const auto described = scene.node(receiver, "tensor.describe", value);
    for (const char* result : {"value", "shape", "dtype"}) scene.output(described.value(result));
  }
}

TEST_P(Buffered, ThreeSendersAndAReceiver) {
  three_senders(scene_, kBuffered);
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(Mixed, ThreeSendersAndAReceiverByRendezvous) {
  three_senders(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(Mixed, AForkAndItsJoinByRendezvous) {
  const auto a = scene_.actor(), b = scene_.actor(), c = scene_.actor();
  const auto x = scene_.input(kVector);
  const auto start = scene_.node(a, "tensor.copy", x).channel(by(kRendezvous)).value();
  const auto left = scene_.node(b, "tensor.scale", start).arg("factor", 2.0).channel(by(kRendezvous)).value();
  const auto right = scene_.node(c, "tensor.scale", start).arg("factor", 3.0).channel(by(kRendezvous)).value();
  scene_.output(scene_.sum(a, {left, right}).value());
  EXPECT_TRUE(scene_.agrees());
}

// Hoisting z's receive above x's computation would make a circle.
TEST_P(Mixed, ThereByShmAndBackByRendezvous) {
  const auto a = scene_.actor(), b = scene_.actor();
  const auto in = scene_.input(kVector);
  const auto x = scene_.node(b, "tensor.scale", in).arg("factor", 2.0).channel(by(kBuffered)).value();
  const auto y = scene_.node(a, "tensor.scale", x).arg("factor", 3.0).channel(by(kRendezvous)).value();
  scene_.output(scene_.node(b, "tensor.copy", y).value());
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(Mixed, TwoPairsThatFaceEachOther) {
  const auto a = scene_.actor(), b = scene_.actor();
  const auto x = scene_.input(kVector), y = scene_.input(kVector);
  const auto from_a = scene_.node(a, "tensor.copy", x).channel(by(kRendezvous)).value();
  const auto from_b = scene_.node(b, "tensor.copy", y).channel(by(kRendezvous)).value();
  scene_.output(scene_.node(b, "tensor.scale", from_a).arg("factor", 2.0).value());
  scene_.output(scene_.node(a, "tensor.scale", from_b).arg("factor", 3.0).value());
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(Mixed, ALocalReaderBesideADistantOne) {
  const auto a = scene_.actor(), b = scene_.actor();
  const auto x = scene_.input(kVector);
  const auto start = scene_.node(a, "tensor.scale", x).arg("factor", 2.0).channel(by(kRendezvous)).value();
  scene_.output(scene_.node(a, "tensor.copy", start).value());
  scene_.output(scene_.node(b, "tensor.scale", start).arg("factor", 3.0).value());
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(Asynchronous, ADynamicEdgeBehindALongComputation) {
  const auto host = scene_.actor_on("cpu"), reader = scene_.actor();
  const auto value = scene_.input(spec(kF32, {})), shape = scene_.input(spec(kI64, {1}));
  const auto made = scene_.node(host, "tensor.fill")
                        .bind("value", value)
                        .bind("shape", shape)
                        .arg("dtype", std::string("f32"))
                        .arg("max_bytes", int64_t{64})
                        .channel(by(kRendezvous))
                        .value();
  const auto busy = scene_.node(reader, "tensor.busy", value).arg("seconds", 0.003).value();
  scene_.output(scene_.node(reader, "tensor.scale", made).arg("factor", 2.0).value());
  scene_.output(busy);
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(Asynchronous, BothKindsOfEdgesOnOneActor) {
  const auto a = scene_.actor(), b = scene_.actor(), host = scene_.actor_on("cpu");
  const auto x = scene_.input(kVector);
  const auto tight = scene_.node(a, "tensor.scale", x).arg("factor", 2.0).channel(by(kRendezvous)).value();
  const auto loose = scene_.node(a, "tensor.scale", x).arg("factor", 3.0).channel(by(kBuffered)).value();
  const auto hosted = scene_.sum(host, {tight, loose}).channel(by(kRendezvous)).value();
  const auto back = scene_.sum(b, {tight, loose, hosted}).channel(by(kBuffered)).value();
  scene_.output(scene_.sum(a, {back, loose}).value());
  EXPECT_TRUE(scene_.agrees());
}

TEST_P(Asynchronous, CrossedPairsByRendezvous) {
  crossed_pairs(scene_, kRendezvous);
  EXPECT_TRUE(scene_.agrees());
}

}  // namespace
}  // namespace stretto::testing
