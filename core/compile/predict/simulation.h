// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs of a plan's model, event by event.
///
/// Without shared resources the start of a transition is the latest end among what it waits for: the max-plus
/// recurrence x(v, r) = max over arcs u → v of x(u, r − t) + d(u) (Baccelli et al. 1992). Resources that several lanes
/// use add the order in which they are served: that of readiness. Events are taken by the time at which they become
/// ready, and what an event makes ready becomes so no earlier than itself, so that by the time an event is taken
/// everything that is ready before it has been: serving at once is serving in order of readiness.
///
/// A run of a step in a blank round takes no time and waits for its lane alone, as executors do. Waits by semaphore
/// count rounds; messages, slots and headers count executions.

#include "compile/predict/timed_graph.h"
#include "stretto/prediction.h"

#include <queue>
#include <unordered_map>

namespace stretto::compiling {

/// One simulation, used once. The plan must be verified and must outlive it.
class Simulation {
 public:
  Simulation(const Plan& plan, int64_t executions);
  /// Throws Code::internal where it comes to a standstill, as no verified plan does.
  Timeline run();

 private:
  /// What the driver does next, in order. It submits the executions, each once the one `inflight` earlier has arrived,
  /// and then awaits the rest.
  struct Action {
    bool awaits;
    int64_t execution;
  };
  struct Event {
    double ready;
    int64_t round;    ///< kDriver: the driver goes on
    uint32_t vertex;  ///< number among the used ones
    friend bool operator>(const Event& a, const Event& b) {
      return std::tie(a.ready, a.round, a.vertex) > std::tie(b.ready, b.round, b.vertex);
    }
  };
  /// The vertices of one round.
  struct Round {
    int64_t execution = -1;  ///< that it brings; -1: blank
    std::vector<uint32_t> missing;
    std::vector<double> ready;
    std::vector<double> end;  ///< kPending until it has run
  };
  struct Link {
    uint32_t from;
    uint32_t to;
    int32_t tokens;  ///< in rounds, or in executions
    RoundGraph::By by;
    int32_t from_offset;  ///< of the steps that it joins: a run has steps of several
    int32_t to_offset;
  };

  uint32_t add_vertex(uint32_t step);
  void number_steps(const TimedGraph& graph);
  void number_vertices(const TimedGraph& graph);
  void index_links();
  void plan_driver();
  void go_on(double now);
  double submit(int64_t execution, double now);
  void await(int64_t execution, double now);
  void publish(int64_t execution, double now);
  void take(const Event& event);
  double serve(uint32_t vertex, double ready);
  void satisfy(const Link& link, int64_t round, double end);
  void tell(uint32_t vertex, int64_t number, double end);
  int64_t source_round(const Link& link, int64_t round) const;
  /// The execution that a step with this offset works on in a round; -1: none.
  int64_t execution_at(int32_t offset, int64_t round) const;
  int64_t execution_in(uint32_t vertex, int64_t round) const {
    return execution_at(plan_.steps[step_[vertex]].offset, round);
  }
  bool driver(uint32_t vertex) const { return plan_.steps[step_[vertex]].actor == plan_.driver(); }
  void record(uint32_t vertex, int64_t execution, double start, double end);

  const Plan& plan_;
  const int64_t executions_;
  const int32_t max_offset_;
  const bool looks_ahead_;
  std::vector<uint32_t> step_;                   // by used vertex: a step of it
  std::vector<double> duration_;                 // by used vertex
  std::vector<std::vector<int32_t>> resources_;  // by used vertex
  std::vector<std::vector<uint32_t>> members_;   // by used vertex: the steps that run with it
  std::vector<uint32_t> before_;                 // by step: the vertex that its lane comes to
  std::vector<uint32_t> behind_;                 // by step: the vertex that its lane goes on from
  std::vector<Link> links_;
  std::vector<std::vector<uint32_t>> leaving_;   // by used vertex: links
  std::vector<std::vector<uint32_t>> entering_;  // by used vertex: links
  std::vector<uint32_t> sends_, receives_;       // the driver's, as used vertices
  std::vector<Action> actions_;
  size_t next_action_ = 0;
  size_t arriving_ = 0;  // RECEIVEs that the driver waits for now
  std::vector<Round> rounds_;
  std::vector<int64_t> round_of_;  // by execution
  /// By resource: until when each of its units is taken that ever was.
  std::vector<std::priority_queue<double, std::vector<double>, std::greater<>>> busy_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  Timeline timeline_;
};

}  // namespace stretto::compiling
