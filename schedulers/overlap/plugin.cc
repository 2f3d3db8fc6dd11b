// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
/// Receives, computes and sends on lanes of their own, in the order and with the offsets that a search by predicted
/// time finds best.

#include "order/johnson.h"
#include "order/linear_order.h"
#include "overlap/hold.h"
#include "overlap/slots.h"

#include <algorithm>

#ifndef STRETTO_NAME
#define STRETTO_NAME "overlap"
#endif

namespace {

using namespace stretto::overlap;
using stretto::Problem;

// Above this many steps, only the linear method: its help says so.
constexpr size_t kSearchedSteps = 4000;
/// Arcs looked at while improving: more where there is more to choose, fewer where each look costs more, so that the
/// time stays bounded.
uint64_t effort_for(uint64_t steps) {
  constexpr uint64_t kMost = 120'000'000;
  constexpr uint64_t kBySquare = 8'000;
  constexpr uint64_t kByStep = 40'000'000'000;
  return std::min({kMost, kBySquare * steps * steps, kByStep / steps});
}

/// Units in an order of steps, each where its first step stands.
std::vector<uint32_t> units_of(const TimedGraph& graph, const std::vector<uint32_t>& steps) {
  std::vector<uint32_t> units;
  std::vector<bool> seen(graph.unit_count(), false);
  for (const uint32_t step : steps) {
    const uint32_t unit = graph.unit_of(step);
    if (!seen[unit]) units.push_back(unit);
    seen[unit] = true;
  }
  return units;
}

/// What the scheduler `serial` would take: one lane per actor, in the order written, with the fewest slots.
Limits limits_of_serial(const Problem& problem, const std::vector<uint32_t>& written) {
  const TimedGraph graph(problem, Spread::one_lane);
  return {graph, straight(graph, units_of(graph, written))};
}

class Overlap : public stretto::Scheduler {
 public:
  void schedule(const Problem& problem, stretto::Answer& answer) const override {
    const auto range = slot_range(problem, slot_options(problem.settings));
    TimedGraph graph(problem, Spread::by_duty);
    const auto johnson = stretto::linear_order(problem, stretto::johnson_ranks(problem));
    if (problem.steps.size() > kSearchedSteps) {
      graph.set_slots(range.least);
      give(problem, graph, straight(graph, units_of(graph, johnson)), answer);
      return;
    }
    const auto written = stretto::linear_order(problem, stretto::written_ranks(problem));
    Task task;
    if (problem.settings.text("objective") == "latency") task.objective = Objective::latency;
    task.limits = limits_of_serial(problem, written);
    // Lanes cut from serial's own order wait for a part of what serial waits for: one candidate is within the limits.
    task.lists = {units_of(graph, johnson), units_of(graph, written)};
    task.improving = effort_for(problem.steps.size());
    const auto found = hold_less(graph, task, choose_slots(graph, problem, range, task));
    give(problem, graph, found.retimed, answer);
  }

 private:
  static SlotOptions slot_options(const stretto::Settings& settings) {
    return {static_cast<uint32_t>(settings.integer("lookahead")), static_cast<uint32_t>(settings.integer("slots")),
            static_cast<uint64_t>(settings.bytes("memory"))};
  }

  static void give(const Problem& problem, const TimedGraph& graph, const Retimed& schedule, stretto::Answer& answer) {
    for (uint32_t ring = 0; ring < problem.rings.size(); ++ring) answer.slots(ring, graph.slots(ring));
    for (uint32_t lane = 0; lane < graph.lanes().size(); ++lane) {
      const uint32_t number = answer.lane(graph.lanes()[lane].actor, graph.lanes()[lane].name.c_str());
      for (const uint32_t unit : schedule.lanes[lane])
        for (const uint32_t step : graph.steps_of(unit))
          if (graph.lane_of_step(step) == lane) answer.step(number, step, schedule.offsets[unit]);
    }
  }
};

using stretto::Option;
using stretto::Type;

}  // namespace

STRETTO_PLUGIN(
    "overlap", "0.2.0",
    stretto::scheduler_component<Overlap>(
        STRETTO_NAME, "lanes for receives, computations and sends, ordered across executions by predicted time",
        {Option(Type::integer, "lookahead",
                "executions that a value may be made ahead of its use: a ring that the job leaves open gets "
                "1 + lookahead slots, and more where time is gained")
             .otherwise("1")
             .at_least(0)
             .at_most(64),
         Option(Type::integer, "slots", "the most slots for a ring that the job leaves open; 0: up to inflight")
             .otherwise("0")
             .at_least(0)
             .at_most(4096),
         Option(Type::text, "objective",
                "throughput: many executions soon; latency: one alone soon. Graphs of more than 4000 steps get the "
                "order written, or Johnson's, without a search")
             .otherwise("\"throughput\"")
             .one_of("throughput|latency"),
         Option(Type::bytes, "memory", "the most bytes that the slots of one actor may take; 0: no limit")
             .otherwise("0")
             .at_least(0)}))
