// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/prediction_text.h"

#include "command/print.h"
#include "trace/timeline.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

using nlohmann::json;

const char* reason_name(Bound::Reason reason) {
  switch (reason) {
    case Bound::Reason::critical_path: return "critical path";
    case Bound::Reason::resource: return "resource";
    case Bound::Reason::window: return "window";
  }
  return "";
}

const std::string& resource_name(const Plan& plan, int32_t resource) {
  return plan.resources[static_cast<size_t>(resource)].name;
}

std::string executions(int64_t tokens) {
  return tokens == 1 ? "every execution" : fmt::format("every {} executions", tokens);
}

/// A line for each, longest first; those that hardly count together.
std::string longest_steps(const Plan& plan, const std::set<uint32_t>& steps) {
  constexpr size_t kShown = 12;
  std::vector<uint32_t> sorted(steps.begin(), steps.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [&](uint32_t a, uint32_t b) { return plan.steps[a].seconds > plan.steps[b].seconds; });
  double sum = 0;
  for (const uint32_t step : sorted) sum += plan.steps[step].seconds;
  std::string out;
  double rest = sum;
  for (size_t i = 0; i < sorted.size(); ++i) {
    const Step& step = plan.steps[sorted[i]];
    if (i == kShown || step.seconds < sum / 100)
      return out + fmt::format("  and {} more ({} together)\n", sorted.size() - i, seconds_text(std::max(rest, 0.0)));
    out += fmt::format("  {} ({})\n", step.name, seconds_text(step.seconds));
    rest -= step.seconds;
  }
  return out;
}

}  // namespace

std::string describe(const Plan& plan, const Bottleneck& bottleneck) {
  if (bottleneck.resource >= 0)
    return fmt::format("{}, which does {} of work in every execution{}:\n{}", resource_name(plan, bottleneck.resource),
                       seconds_text(bottleneck.seconds),
                       bottleneck.tokens > 1 ? fmt::format(", {} at once", bottleneck.tokens) : "",
                       longest_steps(plan, steps_of(plan, bottleneck)));
  const auto& circuit = bottleneck.circuit;
  const bool one_lane = std::all_of(circuit.begin(), circuit.end(), [&](const Dependence& arc) {
    return arc.by == Dependence::By::lane && arc.lane == circuit.front().lane;
  });
  if (one_lane) {
    const PlanLane& lane = plan.lanes[static_cast<size_t>(circuit.front().lane)];
    return fmt::format("lane '{}' of {}, which is never idle: {} steps that take {} in {}:\n{}", lane.name,
                       plan.actors[lane.actor].name, circuit.size(), seconds_text(bottleneck.seconds),
                       executions(bottleneck.tokens), longest_steps(plan, steps_of(plan, bottleneck)));
  }
  std::string out = fmt::format("a circuit of {} steps that takes {} once in {}:\n", circuit.size(),
                                seconds_text(bottleneck.seconds), executions(bottleneck.tokens));
  for (const Dependence& arc : circuit)
    out +=
        fmt::format("  {} ({})\n    {}{}\n", plan.steps[arc.from].name, seconds_text(plan.steps[arc.from].seconds),
                    to_text(plan, arc),
                    arc.tokens > 0 ? fmt::format(" [{} round{} later]", arc.tokens, arc.tokens == 1 ? "" : "s") : "");
  return out;
}

std::string describe(const Plan& plan, const Bound& bound) {
  switch (bound.reason) {
    case Bound::Reason::resource:
      return fmt::format("all work of {}, with what must come before and after it",
                         resource_name(plan, bound.resource));
    case Bound::Reason::window:
      return fmt::format("{} executions may be under way at once, and each takes its time", plan.inflight);
    case Bound::Reason::critical_path: break;
  }
  return fmt::format("a chain of {} steps that wait for each other", bound.steps.size());
}

json to_json(const Plan& plan, const Bottleneck& bottleneck) {
  json out{{"seconds", bottleneck.seconds}, {"tokens", bottleneck.tokens}};
  if (bottleneck.resource >= 0) {
    out["resource"] = resource_name(plan, bottleneck.resource);
    return out;
  }
  out["circuit"] = json::array();
  for (const Dependence& arc : bottleneck.circuit)
    out["circuit"].push_back({{"from", plan.steps[arc.from].name},
                              {"to", plan.steps[arc.to].name},
                              {"tokens", arc.tokens},
                              {"why", to_text(plan, arc)}});
  return out;
}

json to_json(const Plan& plan, const Bound& bound) {
  json out{{"seconds", bound.seconds}, {"reason", reason_name(bound.reason)}};
  if (bound.resource >= 0) out["resource"] = resource_name(plan, bound.resource);
  return out;
}

}  // namespace stretto
