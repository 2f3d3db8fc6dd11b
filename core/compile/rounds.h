// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The plan as a marked graph in rounds, and when it is live.
///
/// Vertices are transitions. An arc u → v with t tokens says: v in round r happens after u in round r − t. Arcs come
/// from what the plan really does: the order on lanes (0; last → first 1), the waits that lanes perform, messages
/// (SEND → RECEIVE), slots given back (releases → acquires), the order in which an asynchronous device's thread issues,
/// and the headers that it awaits. The two steps of a rendezvous are one vertex. A group begins as one and ends as one,
/// and its steps meet their counterparts in between, so that it and each counterpart have two: each ends after the
/// other has begun. A captured run (runs.h) has two vertices of its own, before and after those of its steps, and what
/// waits for it, or it for, does so there. A thread tells what its group sends, and awaits the sizes of what it
/// receives, before any of it meets.
///
/// The driver's steps are left out. Its slots are as many as the window at least (verify checks it), so whatever waits
/// for the driver waits for an execution that the window has let end before; and when the window is full the driver
/// gives blank rounds, so the window itself never stops a round. Slots of a channel that are as many as the window are
/// left out for the same reason, whoever gives them back.
///
/// Live: no circuit has a token sum below 1 (Commoner, Holt, Even, Pnueli 1971; offsets allow negative arcs, hence the
/// sum in place of "a token on it"). Finding one: Bellman and Ford's algorithm gives potentials p with
/// t + p(u) − p(v) ≥ 0 on every arc, or a circuit with a negative sum. The sum over a circuit does not change under
/// potentials, so one of sum 0 consists of arcs that are now 0: a topological sort of those finds it, or proves that
/// there is none. Without offsets no arc is negative, the potentials are 0, and all is linear.
///
/// Rounds that all bring executions are the hardest case: blank ones only take constraints away. A window no larger
/// than the offsets always parts executions by blank rounds; a schedule that lives by that alone is refused all the
/// same.

#include "stretto/plan.h"

#include <optional>
#include <span>

namespace stretto::compiling {

class RoundGraph {
 public:
  /// What in the plan makes an arc.
  enum class By {
    lane,     ///< the order on a lane
    wait,     ///< a lane's semaphore
    message,  ///< SEND → RECEIVE over `channel`
    release,  ///< a slot of `channel` given back
    issue,    ///< the thread that issues an asynchronous device's steps, or what follows from having issued one
    header,   ///< the same thread awaits, or passes on, what is known of a value
    driver    ///< tickets and the window, in graphs that have the driver
  };
  struct Arc {
    uint32_t from;
    uint32_t to;
    int32_t tokens;
    By by = By::lane;
    uint32_t from_step = 0;  ///< the very steps: a vertex may stand for several
    uint32_t to_step = 0;
    int32_t channel = -1;
  };
  /// What a vertex stands for. Blocking devices have `complete` alone, but for SENDs of a rendezvous, whose note leaves
  /// at `issue`.
  enum class Moment {
    complete,
    issue,  ///< the issuing thread hands it to the device
    note,   ///< status and shape of what it makes are known on this actor
    begin   ///< of a group, of what meets a step of one, or of a run; the same as `complete` for the rest
  };

  /// Indices in the plan must be valid, and its captures those of verify_captures; it outlives this. `issue_orders`
  /// false leaves Plan::issue_orders out.
  RoundGraph(const Plan& plan, bool issue_orders);

  uint32_t vertex_count() const { return of_steps() + 2 * static_cast<uint32_t>(plan_.captures.size()); }
  std::span<const Arc> arcs() const { return arcs_; }
  uint32_t vertex(uint32_t step, Moment moment) const;
  /// Where what waits for the step sees it end.
  uint32_t end_of(uint32_t step) const;
  /// Of a run, its first.
  uint32_t step_of(uint32_t vertex) const;
  Moment moment_of(uint32_t vertex) const;
  /// Whether it stands for the begin or the end of a run, and not for what one of its steps does.
  bool of_run(uint32_t vertex) const { return vertex >= of_steps(); }
  /// All steps of a `complete` or `begin` vertex: several for a rendezvous, a group or a run.
  std::vector<uint32_t> steps_of(uint32_t vertex) const;

 private:
  void merge_joints(const Plan& plan);
  uint32_t of_steps() const { return (grouped_ ? 4 : 3) * step_count_; }
  uint32_t run_vertex(int32_t run, Moment moment) const;
  void add(Arc arc);
  void keep_to_runs(Arc& arc) const;
  void add_runs();
  void add_lanes(const Plan& plan);
  void add_waits(const Plan& plan);
  void add_meetings(const Plan& plan);
  void add_sizes(const Plan& plan);
  void add_channels(const Plan& plan);
  void add_notes(const Plan& plan);
  void add_issue_orders(const Plan& plan);
  bool posts_first(const Plan& plan, uint32_t step) const;

  const Plan& plan_;
  uint32_t step_count_;
  bool grouped_ = false;
  std::vector<bool> apart_;      // by step: begin and complete are two vertices
  std::vector<uint32_t> joint_;  // by step: the step that stands for its joint transition
  std::vector<int32_t> run_of_;  // by step: the capture that it is in, or -1
  std::vector<Arc> arcs_;
};

/// A circuit whose tokens sum to less than 1, as arcs in order; nothing where the graph is live.
std::optional<std::vector<RoundGraph::Arc>> find_dead_circuit(const RoundGraph& graph);

/// The order in which asynchronous devices issue: one topological order of the whole graph, by predicted time,
/// restricted to each such actor. Empty rows for the others. Throws Code::invalid_argument naming a step where there is
/// no such order.
std::vector<std::vector<uint32_t>> make_issue_orders(const Plan& plan);

/// The RECEIVEs, and the COLLECTIVEs, whose note an asynchronous device's thread must have before it issues a step.
/// None on blocking devices.
class HeaderNeeds {
 public:
  explicit HeaderNeeds(const Plan& plan);
  Numbers of(uint32_t number);

 private:
  void collect(uint32_t first, bool through_nodes, Numbers& needs);

  const Plan& plan_;
  std::vector<int32_t> writer_;  // by ring: the step on its actor that fills it
  std::vector<uint32_t> seen_;   // by ring: the last step that asked
  uint32_t asking_ = 0;
};

}  // namespace stretto::compiling
