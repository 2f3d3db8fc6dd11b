// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One graph of a test, written briefly, and the ways in which all of them are run.

#include "judge.h"

namespace stretto::testing {

/// One way to run a graph.
struct Arrangement {
  std::string scheduler = "serial";
  uint32_t inflight = 1;
  std::string device = "cpu";
  std::string mode = "random";  ///< of async_device
  bool processes = false;
  bool reversed = false;  ///< names in reverse alphabetical order
};
/// As a part of a test's name.
std::string to_text(const Arrangement& arrangement);

/// Threads: cpu and the test device. Processes: cpu alone. Where the surroundings name another device: on that one.
/// Each with both house schedulers, inflight 1 and 5.
std::vector<Arrangement> as_threads();
std::vector<Arrangement> as_processes();
std::vector<Arrangement> as_threads_and_processes();
/// Threads, and processes where the rendezvous of the surroundings reaches those.
std::vector<Arrangement> by_rendezvous();
/// The device of actors that are processes.
std::string device_of_processes();
/// Threads on the asynchronous device alone, in each of the test device's modes.
std::vector<Arrangement> on_async_device();

/// Names nodes and actors in order, or in reverse; feeds small whole numbers.
class Scene {
 public:
  explicit Scene(Arrangement arrangement) : arrangement_(std::move(arrangement)) {}
  ActorHandle actor();
  /// On a device of its own choice.
  ActorHandle actor_on(const std::string& device);
  ValueRef input(Spec spec);
  GraphBuilder::Node node(ActorHandle actor, const std::string& op);
  /// `node` with its one input port "x" bound.
  GraphBuilder::Node node(ActorHandle actor, const std::string& op, const ValueRef& x);
  /// The sum of these values.
  GraphBuilder::Node sum(ActorHandle actor, std::vector<ValueRef> values);
  /// An op of these actors; of a broadcast with one value.
  GraphBuilder::Collective collective(const std::vector<ActorHandle>& actors, const std::string& op,
                                      const std::vector<ValueRef>& x);
  void output(const ValueRef& value);

  /// The graph; the scene is over afterwards.
  Graph take() { return build_.take(); }
  CompileOptions options() const;
  /// Runs `executions` of the graph and compares. Where an edge by rendezvous has an end in memory that the transport
  /// of the surroundings does not accept, expects instead that compiling refuses it, for that reason. The scene is over
  /// afterwards.
  ::testing::AssertionResult agrees(int64_t executions = 6);
  /// The same with these feeds.
  ::testing::AssertionResult agrees(const Feeds& feeds);

 private:
  std::string name(const char* what, int number) const;
  ::testing::AssertionResult agrees(const Graph& graph, const Feeds& feeds) const;

  Arrangement arrangement_;
  GraphBuilder build_;
  int actors_ = 0, nodes_ = 0, inputs_ = 0, outputs_ = 0;
};

/// Small whole numbers for every input of the graph.
Feeds small_numbers(const Graph& graph, int64_t executions);
Tensor tensor(DType dtype, Shape shape, const std::vector<double>& values);
Spec spec(DType dtype, Shape shape);
inline const Spec kScalar = spec(kF32, {});
/// The inputs of a graph with one input of kScalar.
inline std::vector<Tensor> scalar(double value) { return {tensor(kF32, {}, {value})}; }
/// The transport of the surroundings: shm, or another one whose SEND does not wait for its RECEIVE.
inline constexpr const char* kBuffered = "buffered";
/// The rendezvous of the surroundings, as a rule the test transport of that name.
inline constexpr const char* kRendezvous = "rendezvous";
/// By name, kBuffered or kRendezvous: options of a channel.
ChannelOptions by(const std::string& transport);
std::string arrangement_name(const ::testing::TestParamInfo<Arrangement>& info);

/// A test that is repeated for arrangements.
class EveryWay : public ::testing::TestWithParam<Arrangement> {
 protected:
  Scene scene_{GetParam()};
};

}  // namespace stretto::testing
