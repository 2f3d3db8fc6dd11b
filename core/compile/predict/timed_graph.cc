// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/predict/timed_graph.h"

#include "compile/constraints.h"

#include <algorithm>

namespace stretto::compiling {

using Moment = RoundGraph::Moment;

TimedGraph::TimedGraph(const Plan& plan)
    : plan_(plan),
      rounds_(plan, true),
      arcs_(rounds_.arcs().begin(), rounds_.arcs().end()),
      publish_(rounds_.vertex(plan.ticket_step, Moment::issue)),
      durations_(rounds_.vertex_count(), 0),
      resources_(rounds_.vertex_count()) {
  add_driver();
  add_durations();
  for (uint32_t number = 0; number < plan.steps.size(); ++number)
    if (vertex(number) == number)
      arcs_.push_back({number, number, 1, plan.steps[number].lane < 0 ? RoundGraph::By::driver : RoundGraph::By::lane,
                       number, number});
}

void TimedGraph::add_driver() {
  const uint32_t ticket = plan_.ticket_step;
  arcs_.push_back({vertex(ticket), publish_, 0, RoundGraph::By::driver, ticket, ticket});
  for (const auto& constraint : constraints_of(plan_)) {
    const auto& from = plan_.steps[constraint.from];
    const auto& to = plan_.steps[constraint.to];
    if (from.actor != plan_.driver() && to.actor != plan_.driver()) continue;
    // A source needs no more than the round, which a ticket has brought.
    if (constraint.kind == Constraint::Kind::ticket && to.actor != plan_.driver()) continue;
    const auto by = constraint.kind == Constraint::Kind::message   ? RoundGraph::By::message
                    : constraint.kind == Constraint::Kind::release ? RoundGraph::By::release
                                                                   : RoundGraph::By::driver;
    const int32_t rounds = constraint.tokens + to.offset - from.offset;
    arcs_.push_back({rounds_.end_of(constraint.from), vertex(constraint.to), rounds, by, constraint.from, constraint.to,
                     constraint.channel});
  }
  for (uint32_t number = 0; number < plan_.steps.size(); ++number) {
    const auto& step = plan_.steps[number];
    if (step.actor == plan_.driver() && step.kind == StepKind::send)
      arcs_.push_back({vertex(number), publish_, 0, RoundGraph::By::driver, number, ticket});
  }
  for (const auto& lane : plan_.lanes) {
    if (lane.steps.empty()) continue;
    const uint32_t first = lane.steps.front();
    arcs_.push_back({publish_, vertex(first), 0, RoundGraph::By::driver, ticket, first});
    if (!plan_.actors[lane.actor].blocking)
      arcs_.push_back({publish_, rounds_.vertex(first, Moment::issue), 0, RoundGraph::By::driver, ticket, first});
  }
}

void TimedGraph::add_durations() {
  for (uint32_t number = 0; number < plan_.steps.size(); ++number) {
    const auto& step = plan_.steps[number];
    const uint32_t v = vertex(number);
    durations_[v] = std::max(durations_[v], step.seconds);
    auto& held = resources_[v];
    if (step.resource >= 0 && std::find(held.begin(), held.end(), step.resource) == held.end())
      held.push_back(step.resource);
  }
}

}  // namespace stretto::compiling
