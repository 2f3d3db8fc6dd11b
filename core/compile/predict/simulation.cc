// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/predict/simulation.h"

#include "compile/predict/blank_rounds.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace stretto {

namespace compiling {

namespace {

constexpr double kMostRuns = 2e7;  // every one of them is kept

constexpr double kPending = -1;
constexpr int64_t kDriver = -1;

/// What an executor counts in executions rather than in rounds.
bool by_execution(RoundGraph::By by) {
  return by == RoundGraph::By::message || by == RoundGraph::By::release || by == RoundGraph::By::header;
}
/// What holds in blank rounds too.
bool in_blank_rounds(RoundGraph::By by) { return by == RoundGraph::By::lane || by == RoundGraph::By::issue; }

}  // namespace

Simulation::Simulation(const Plan& plan, int64_t executions)
    : plan_(plan), executions_(executions), max_offset_(plan.max_offset()), looks_ahead_(looks_ahead(plan)) {
  const TimedGraph graph(plan);
  number_vertices(graph);
  index_links();
  plan_driver();
  busy_.resize(plan.resources.size());
}

uint32_t Simulation::add_vertex(uint32_t step) {
  step_.push_back(step);
  duration_.push_back(0);
  resources_.emplace_back();
  members_.emplace_back();
  return static_cast<uint32_t>(step_.size()) - 1;
}

/// A step of a joint transition gets a vertex before and one behind it: in a blank round its lane passes from the one
/// to the other, and does not meet the others.
void Simulation::number_steps(const TimedGraph& graph) {
  const auto count = static_cast<uint32_t>(plan_.steps.size());
  std::vector<uint32_t> sharing(count, 0);
  for (uint32_t step = 0; step < count; ++step) ++sharing[graph.vertex(step)];
  std::vector<int32_t> core(count, -1);
  for (uint32_t step = 0; step < count; ++step) {
    const uint32_t vertex = graph.vertex(step);
    if (core[vertex] < 0) {
      const uint32_t fresh = add_vertex(step);
      core[vertex] = static_cast<int32_t>(fresh);
      duration_[fresh] = graph.duration(vertex);
      const auto held = graph.resources(vertex);
      resources_[fresh].assign(held.begin(), held.end());
    }
    const auto own = static_cast<uint32_t>(core[vertex]);
    members_[own].push_back(step);
    before_.push_back(own);
    behind_.push_back(own);
    if (sharing[vertex] == 1) continue;
    before_[step] = add_vertex(step);
    behind_[step] = add_vertex(step);
    const int32_t offset = plan_.steps[step].offset;
    links_.push_back({before_[step], own, 0, RoundGraph::By::message, offset, offset});
    links_.push_back({own, behind_[step], 0, RoundGraph::By::message, offset, offset});
    links_.push_back({before_[step], behind_[step], 0, RoundGraph::By::lane, offset, offset});
  }
}

void Simulation::number_vertices(const TimedGraph& graph) {
  number_steps(graph);
  for (uint32_t step = 0; step < plan_.steps.size(); ++step) {
    if (plan_.steps[step].actor != plan_.driver() || step == plan_.ticket_step) continue;
    (plan_.steps[step].kind == StepKind::send ? sends_ : receives_).push_back(before_[step]);
  }
  std::unordered_map<uint32_t, uint32_t> moments;
  const auto number = [&](uint32_t vertex, uint32_t step, const std::vector<uint32_t>& complete) {
    if (graph.runs(vertex)) return complete[step];
    const auto known = moments.find(vertex);
    return known != moments.end() ? known->second : moments.emplace(vertex, add_vertex(step)).first->second;
  };
  for (const auto& arc : graph.arcs()) {
    if (arc.by == RoundGraph::By::driver) continue;
    const uint32_t from = number(arc.from, arc.from_step, behind_), to = number(arc.to, arc.to_step, before_);
    const int32_t from_offset = plan_.steps[arc.from_step].offset, to_offset = plan_.steps[arc.to_step].offset;
    const int32_t tokens = by_execution(arc.by) ? arc.tokens + from_offset - to_offset : arc.tokens;
    links_.push_back({from, to, tokens, arc.by, from_offset, to_offset});
  }
}

void Simulation::index_links() {
  leaving_.resize(step_.size());
  entering_.resize(step_.size());
  for (uint32_t i = 0; i < links_.size(); ++i) {
    // The window alone decides when the driver may send.
    if (driver(links_[i].to) && links_[i].by == RoundGraph::By::release) continue;
    leaving_[links_[i].from].push_back(i);
    entering_[links_[i].to].push_back(i);
  }
}

void Simulation::plan_driver() {
  const auto window = static_cast<int64_t>(plan_.inflight);
  for (int64_t execution = 0; execution < executions_; ++execution) {
    if (execution >= window) actions_.push_back({true, execution - window});
    actions_.push_back({false, execution});
  }
  for (int64_t execution = std::max<int64_t>(0, executions_ - window); execution < executions_; ++execution)
    actions_.push_back({true, execution});
}

Timeline Simulation::run() {
  go_on(0);
  while (!events_.empty()) {
    const Event event = events_.top();
    events_.pop();
    if (event.round == kDriver)
      go_on(event.ready);
    else
      take(event);
  }
  if (next_action_ < actions_.size())
    throw Error(Code::internal, fmt::format("the model of the plan came to a standstill in execution {}",
                                            actions_[next_action_].execution));
  std::sort(timeline_.runs.begin(), timeline_.runs.end(), [](const StepRun& a, const StepRun& b) {
    return std::tie(a.start, a.end, a.step, a.execution) < std::tie(b.start, b.end, b.step, b.execution);
  });
  return std::move(timeline_);
}

void Simulation::go_on(double now) {
  while (next_action_ < actions_.size()) {
    const Action action = actions_[next_action_];
    if (action.awaits) {
      await(action.execution, now);
      return;  // the last RECEIVE wakes it
    }
    ++next_action_;
    now = submit(action.execution, now);
  }
}

double Simulation::submit(int64_t execution, double now) {
  timeline_.runs.push_back({plan_.ticket_step, execution, now, now});
  std::vector<double> ends;
  for (const uint32_t send : sends_) {
    const double start = serve(send, now);
    now = start + duration_[send];
    record(send, execution, start, now);
    ends.push_back(now);
  }
  publish(execution, now);
  for (size_t i = 0; i < sends_.size(); ++i) {
    auto& round = rounds_.back();
    round.end[sends_[i]] = ends[i];
    for (const uint32_t link : leaving_[sends_[i]])
      satisfy(links_[link], static_cast<int64_t>(rounds_.size()) - 1, ends[i]);
  }
  return now;
}

void Simulation::await(int64_t execution, double now) {
  const int64_t round = round_of_[static_cast<size_t>(execution)];
  // Behind it come the executions submitted since; blank rounds make up for what is missing to the largest offset.
  const auto later = static_cast<int64_t>(round_of_.size()) - 1 - execution;
  const int64_t wanted = round_of_.back() + 1 + blank_rounds(max_offset_, looks_ahead_, later);
  while (static_cast<int64_t>(rounds_.size()) < wanted) publish(-1, now);
  arriving_ = receives_.size();
  for (const uint32_t receive : receives_) tell(receive, round, now);
}

void Simulation::publish(int64_t execution, double now) {
  const auto number = static_cast<int64_t>(rounds_.size());
  const auto count = static_cast<uint32_t>(step_.size());
  rounds_.push_back({execution, std::vector<uint32_t>(count, 0), std::vector<double>(count, now),
                     std::vector<double>(count, kPending)});
  if (execution >= 0) round_of_.push_back(number);
  for (uint32_t vertex = 0; vertex < count; ++vertex) {
    if (driver(vertex)) {
      // It receives when it asks for the result, and sends before it publishes.
      if (execution < 0 || plan_.steps[step_[vertex]].kind != StepKind::receive) continue;
      rounds_.back().missing[vertex] = 1;
    }
    auto& round = rounds_[static_cast<size_t>(number)];
    for (const uint32_t i : entering_[vertex]) {
      const Link& link = links_[i];
      if (!in_blank_rounds(link.by) && execution_at(link.to_offset, number) < 0) continue;
      const int64_t source = source_round(link, number);
      if (source < 0) continue;
      const double end = source < static_cast<int64_t>(rounds_.size())
                             ? rounds_[static_cast<size_t>(source)].end[link.from]
                             : kPending;
      if (end == kPending)
        ++round.missing[vertex];
      else
        round.ready[vertex] = std::max(round.ready[vertex], end);
    }
    if (round.missing[vertex] == 0 && !driver(vertex)) events_.push({round.ready[vertex], number, vertex});
  }
}

int64_t Simulation::execution_at(int32_t offset, int64_t round) const {
  const int64_t from = round - offset;
  return from < 0 ? -1 : rounds_[static_cast<size_t>(from)].execution;
}

/// The round in which the link's start must have run for its end in this round; negative: none must.
int64_t Simulation::source_round(const Link& link, int64_t round) const {
  if (!by_execution(link.by)) return round - link.tokens;
  const int64_t execution = execution_at(link.to_offset, round) - link.tokens;
  if (execution < 0) return -1;
  return round_of_[static_cast<size_t>(execution)] + link.from_offset;
}

void Simulation::take(const Event& event) {
  auto& round = rounds_[static_cast<size_t>(event.round)];
  const int64_t execution = execution_in(event.vertex, event.round);
  double end = event.ready;
  if (execution >= 0) {
    const double start = serve(event.vertex, event.ready);
    end = start + duration_[event.vertex];
    record(event.vertex, execution, start, end);
  }
  round.end[event.vertex] = end;
  for (const uint32_t link : leaving_[event.vertex]) satisfy(links_[link], event.round, end);
  if (!driver(event.vertex) || --arriving_ != 0) return;
  ++next_action_;
  events_.push({end, kDriver, 0});
}

/// The start of a run that is ready now. Units of resources are taken in the order of the calls.
double Simulation::serve(uint32_t vertex, double ready) {
  double start = ready;
  const auto none_left = [&](int32_t resource) {
    const auto number = static_cast<size_t>(resource);
    return busy_[number].size() >= plan_.resources[number].capacity;
  };
  for (const int32_t resource : resources_[vertex])
    if (none_left(resource)) start = std::max(start, busy_[static_cast<size_t>(resource)].top());
  for (const int32_t resource : resources_[vertex]) {
    auto& units = busy_[static_cast<size_t>(resource)];
    if (none_left(resource)) units.pop();
    units.push(start + duration_[vertex]);
  }
  return start;
}

/// The link's start has ended in this round: its end, in the round that looks back on it, misses one less.
void Simulation::satisfy(const Link& link, int64_t round, double end) {
  int64_t target = round + link.tokens;
  if (by_execution(link.by)) {
    const int64_t execution = execution_at(link.from_offset, round);
    if (execution < 0) return;
    const int64_t later = execution + link.tokens;
    if (later >= static_cast<int64_t>(round_of_.size())) return;
    target = round_of_[static_cast<size_t>(later)] + link.to_offset;
  }
  if (target < 0 || target >= static_cast<int64_t>(rounds_.size())) return;
  if (!in_blank_rounds(link.by) && execution_at(link.to_offset, target) < 0) return;
  tell(link.to, target, end);
}

void Simulation::tell(uint32_t vertex, int64_t number, double end) {
  auto& round = rounds_[static_cast<size_t>(number)];
  round.ready[vertex] = std::max(round.ready[vertex], end);
  if (round.missing[vertex] == 0 || --round.missing[vertex] != 0) return;
  events_.push({round.ready[vertex], number, vertex});
}

void Simulation::record(uint32_t vertex, int64_t execution, double start, double end) {
  for (const uint32_t step : members_[vertex]) timeline_.runs.push_back({step, execution, start, end});
  timeline_.makespan = std::max(timeline_.makespan, end);
}

}  // namespace compiling

Timeline simulate(const Plan& plan, int64_t executions) {
  if (executions < 0) throw Error(Code::invalid_argument, fmt::format("{} executions can't be simulated", executions));
  if (static_cast<double>(executions) * static_cast<double>(plan.steps.size()) > compiling::kMostRuns)
    throw Error(Code::invalid_argument,
                fmt::format("{} executions of {} steps can't be simulated: {:.0f} runs of steps are the most; simulate "
                            "fewer executions",
                            executions, plan.steps.size(), compiling::kMostRuns));
  return compiling::Simulation(plan, executions).run();
}

}  // namespace stretto
