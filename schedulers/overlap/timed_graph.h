// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The problem as a timed marked graph whose transitions have lanes already: what the search for an order works on.
///
/// A unit is a transition: one step, or all steps of a joint transition. An arc from → to with t tokens says that `to`
/// may start its run for execution i once `from` has ended its run for execution i − t. A unit holds one lane for each
/// of its steps while it runs; the driver's units hold none. Runs of one unit follow each other.

#include "order/rows.h"
#include "stretto/scheduler.h"

#include <string>
#include <vector>

namespace stretto::overlap {

inline constexpr uint32_t kNone = UINT32_MAX;
inline constexpr double kInstant = 1e-12;  ///< seconds: below it two times are the same

/// What the lane of a step is for.
enum class Duty { compute, receive, send, copy_in, copy_out, transfer };

struct Lane {
  uint32_t actor;
  std::string name;
  Duty duty;
};

struct Arc {
  uint32_t from;
  uint32_t to;
  int32_t tokens;
  int32_t ring;  ///< >= 0: slot reuse, and the tokens are the slots of that ring
};

/// How the steps of an actor are spread over lanes.
enum class Spread {
  by_duty,  ///< RECEIVE, by link, COMPUTE, SEND, COPY in and out on lanes of their own; one for each transport that has
            ///< one global order
  one_lane  ///< all on one
};

/// One thread at a time changes slots; else immutable.
class TimedGraph {
 public:
  TimedGraph(const Problem& problem, Spread spread);

  uint32_t unit_count() const { return static_cast<uint32_t>(seconds_.size()); }
  double seconds(uint32_t unit) const { return seconds_[unit]; }
  uint32_t unit_of(uint32_t step) const { return unit_of_[step]; }
  std::span<const uint32_t> steps_of(uint32_t unit) const { return steps_[unit]; }
  std::span<const uint32_t> lanes_of(uint32_t unit) const { return lanes_of_[unit]; }
  const std::vector<Lane>& lanes() const { return lanes_; }
  uint32_t lane_of_step(uint32_t step) const { return lane_of_step_[step]; }
  const std::vector<Arc>& arcs() const { return arcs_; }
  /// Numbers of the arcs that enter, that leave a unit.
  std::span<const uint32_t> entering(uint32_t unit) const { return entering_[unit]; }
  std::span<const uint32_t> leaving(uint32_t unit) const { return leaving_[unit]; }
  /// The unit that stands for giving an execution its ticket; kNone where the problem has none.
  uint32_t ticket() const { return ticket_; }
  int32_t inflight() const { return inflight_; }
  /// A resource that units on several lanes share, so that no lane's order arranges them; -1: none.
  int32_t shared_resource(uint32_t unit) const { return shared_[unit]; }
  uint32_t resource_count() const { return static_cast<uint32_t>(capacity_.size()); }
  uint32_t capacity(uint32_t resource) const { return capacity_[resource]; }

  uint32_t slots(uint32_t ring) const { return slots_[ring]; }
  const std::vector<uint32_t>& slots() const { return slots_; }
  void set_slots(const std::vector<uint32_t>& slots);

 private:
  void make_units(const Problem& problem);
  void make_lanes(const Problem& problem, Spread spread);
  void make_arcs(const Problem& problem);
  void find_shared_resources(const Problem& problem);

  std::vector<double> seconds_;
  std::vector<uint32_t> unit_of_;  // by step
  Rows steps_;                     // by unit
  Rows lanes_of_;                  // by unit
  std::vector<Lane> lanes_;
  std::vector<uint32_t> lane_of_step_;
  std::vector<Arc> arcs_;
  Rows entering_;
  Rows leaving_;
  uint32_t ticket_ = kNone;
  int32_t inflight_;
  std::vector<int32_t> shared_;
  std::vector<uint32_t> capacity_;
  std::vector<uint32_t> slots_;
};

}  // namespace stretto::overlap
