// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/timed_graph.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace stretto::overlap {

namespace {

// Steps that take no time would leave the order of their lane open to ties everywhere.
constexpr double kLeastSeconds = 1e-9;

bool of_driver(const Problem& problem, const stretto_step& step) {
  return (problem.actors[step.actor]->flags & STRETTO_ACTOR_DRIVER) != 0;
}

Duty duty_of(const stretto_step& step) {
  // A transport with one global order executes its steps one after the other anyway.
  if (step.order >= 0) return Duty::transfer;
  switch (step.kind) {
    case STRETTO_RECEIVE: return Duty::receive;
    case STRETTO_SEND: return Duty::send;
    case STRETTO_COPY: return step.node == step.consumer ? Duty::copy_in : Duty::copy_out;
    case STRETTO_COLLECTIVE: return Duty::transfer;
    default: return Duty::compute;
  }
}

std::string name_of(Duty duty, int32_t order) {
  switch (duty) {
    case Duty::receive: return "receive";
    case Duty::send: return "send";
    case Duty::copy_in: return "copy in";
    case Duty::copy_out: return "copy out";
    case Duty::transfer: return order < 0 ? "collective" : "transfer " + std::to_string(order);
    case Duty::compute: break;
  }
  return "compute";
}

/// The resource that each RECEIVE of an actor holds, where they hold several: then what one waits for leaves the others
/// alone, and each has a lane. Else -1, as for all other steps.
std::vector<int32_t> links_apart(const Problem& problem) {
  std::vector<int32_t> first(problem.actors.size(), -1);
  std::vector<bool> several(problem.actors.size(), false);
  const auto link_of = [&](const stretto_step& step) { return duty_of(step) == Duty::receive ? step.resource : -1; };
  for (const auto* step : problem.steps) {
    const int32_t link = link_of(*step);
    if (link < 0) continue;
    if (first[step->actor] < 0) first[step->actor] = link;
    if (first[step->actor] != link) several[step->actor] = true;
  }
  std::vector<int32_t> links;
  for (const auto* step : problem.steps) links.push_back(several[step->actor] ? link_of(*step) : -1);
  return links;
}

}  // namespace

TimedGraph::TimedGraph(const Problem& problem, Spread spread) : inflight_(static_cast<int32_t>(problem.inflight)) {
  make_units(problem);
  make_lanes(problem, spread);
  for (const auto* ring : problem.rings) slots_.push_back(ring->min_slots);
  make_arcs(problem);
  find_shared_resources(problem);
}

void TimedGraph::make_units(const Problem& problem) {
  std::map<int32_t, uint32_t> of_joint;
  for (uint32_t number = 0; number < problem.steps.size(); ++number) {
    const auto& step = *problem.steps[number];
    const uint32_t fresh = unit_count();
    const uint32_t unit = step.joint < 0 ? fresh : of_joint.emplace(step.joint, fresh).first->second;
    if (unit == fresh) seconds_.push_back(kLeastSeconds);
    seconds_[unit] = std::max(seconds_[unit], step.seconds);
    unit_of_.push_back(unit);
    if (of_driver(problem, step) && step.kind == STRETTO_COMPUTE) ticket_ = unit;
  }
  steps_ = Rows(unit_count(), static_cast<uint32_t>(unit_of_.size()), [&](uint32_t step) { return unit_of_[step]; });
}

void TimedGraph::make_lanes(const Problem& problem, Spread spread) {
  lane_of_step_.assign(problem.steps.size(), kNone);
  const auto links = links_apart(problem);
  std::map<std::tuple<uint32_t, Duty, int32_t, int32_t>, uint32_t> known;  // by actor, duty, global order, and link
  for (uint32_t number = 0; number < problem.steps.size(); ++number) {
    const auto& step = *problem.steps[number];
    if (of_driver(problem, step)) continue;
    const bool one_lane = spread == Spread::one_lane;
    const Duty duty = one_lane ? Duty::compute : duty_of(step);
    const int32_t order = duty == Duty::transfer ? step.order : -1;
    const int32_t link = one_lane ? -1 : links[number];
    const auto fresh = static_cast<uint32_t>(lanes_.size());
    const uint32_t lane = known.emplace(std::tuple(step.actor, duty, order, link), fresh).first->second;
    if (lane == fresh) {
      std::string name = one_lane ? "serial" : name_of(duty, order);
      if (link >= 0) name += std::string(" over ") + problem.resources[static_cast<uint32_t>(link)]->name;
      lanes_.push_back({step.actor, std::move(name), duty});
    }
    lane_of_step_[number] = lane;
  }
  for (uint32_t unit = 0; unit < unit_count(); ++unit) {
    for (const uint32_t step : steps_[unit]) {
      const auto held = lanes_of_.last();
      const uint32_t lane = lane_of_step_[step];
      if (lane != kNone && std::find(held.begin(), held.end(), lane) == held.end()) lanes_of_.add(lane);
    }
    lanes_of_.end_row();
  }
}

void TimedGraph::make_arcs(const Problem& problem) {
  arcs_.reserve(problem.places.size());
  for (const auto* place : problem.places) {
    const uint32_t from = unit_of_[place->from];
    const uint32_t to = unit_of_[place->to];
    if (from == to) continue;
    const int32_t tokens =
        place->ring < 0 ? place->tokens : static_cast<int32_t>(slots_[static_cast<uint32_t>(place->ring)]);
    arcs_.push_back({from, to, tokens, place->ring});
  }
  const auto count = static_cast<uint32_t>(arcs_.size());
  entering_ = Rows(unit_count(), count, [&](uint32_t arc) { return arcs_[arc].to; });
  leaving_ = Rows(unit_count(), count, [&](uint32_t arc) { return arcs_[arc].from; });
}

void TimedGraph::find_shared_resources(const Problem& problem) {
  for (const auto* resource : problem.resources) capacity_.push_back(std::max(1U, resource->capacity));
  std::vector<uint32_t> first_lane(problem.resources.size(), kNone);
  std::vector<bool> several(problem.resources.size(), false);
  for (uint32_t number = 0; number < problem.steps.size(); ++number) {
    const int32_t resource = problem.steps[number]->resource;
    if (resource < 0 || lane_of_step_[number] == kNone) continue;
    auto& first = first_lane[static_cast<uint32_t>(resource)];
    if (first == kNone) first = lane_of_step_[number];
    if (first != lane_of_step_[number]) several[static_cast<uint32_t>(resource)] = true;
  }
  shared_.assign(unit_count(), -1);
  for (uint32_t number = 0; number < problem.steps.size(); ++number) {
    const int32_t resource = problem.steps[number]->resource;
    if (resource >= 0 && several[static_cast<uint32_t>(resource)]) shared_[unit_of_[number]] = resource;
  }
}

void TimedGraph::set_slots(const std::vector<uint32_t>& slots) {
  slots_ = slots;
  for (auto& arc : arcs_)
    if (arc.ring >= 0) arc.tokens = static_cast<int32_t>(slots_[static_cast<uint32_t>(arc.ring)]);
}

}  // namespace stretto::overlap
