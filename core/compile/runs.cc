// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/runs.h"

#include <algorithm>
#include <fmt/format.h>
#include <numeric>

namespace stretto::compiling {

bool meets(const Plan& plan, const Step& step) {
  if (step.kind == StepKind::collective) return true;
  return step.channel >= 0 && plan.channels[static_cast<uint32_t>(step.channel)].stream_ordered;
}

Runs::Runs(const Plan& plan) : plan_(plan), maker_(plan.rings.size(), -1), transport_(plan.steps.size(), -1) {
  for (uint32_t number = 0; number < plan.steps.size(); ++number) {
    const auto& step = plan.steps[number];
    for (const uint32_t ring : step.results) maker_[ring] = static_cast<int32_t>(number);
    if (step.kind == StepKind::collective)
      members_[plan.nodes[static_cast<uint32_t>(step.node)].collective].push_back(number);
  }
  for (const auto& order : plan.issue_orders) {
    int32_t last = -1;
    for (const uint32_t step : order) {
      if (!meets(plan, plan.steps[step])) continue;
      transport_[step] = last;
      last = static_cast<int32_t>(step);
    }
  }
}

std::string Runs::obstacle(uint32_t number) const {
  const auto& step = plan_.steps[number];
  if (step.kind == StepKind::compute) {
    const auto& node = plan_.nodes[static_cast<uint32_t>(step.node)];
    if (node.stateful) return "it has a state, and an execution may pass it by";
    if (!node.capturable)
      return fmt::format("the op {}.{} is not capturable", plan_.components[node.ops].name, node.op);
  } else if (step.kind == StepKind::collective) {
    const auto& node = plan_.nodes[static_cast<uint32_t>(step.node)];
    if (!plan_.collectives[static_cast<uint32_t>(node.collective)].capturable) return "its transport is not captured";
  } else if (step.kind != StepKind::copy) {
    const auto& channel = plan_.channels[static_cast<uint32_t>(step.channel)];
    if (!channel.stream_ordered) return "the host takes part in it";
    if (!channel.capturable) return "its transport is not captured";
  }
  if (step.group >= 0) return "it is part of a group";
  for (const auto* rings : {&step.inputs, &step.results})
    for (const uint32_t ring : *rings)
      if (const auto& value = plan_.values[plan_.rings[ring].value]; value.spec.dynamic())
        return fmt::format("the shape of '{}' is dynamic", value.name);
  if (!step.header_waits.empty()) return "it waits for a header";
  if (phases(number) > kMostPhases) return fmt::format("its slots turn in more than {} phases", kMostPhases);
  return "";
}

int32_t Runs::left_before(uint32_t number, const std::vector<bool>& left) const {
  const auto& step = plan_.steps[number];
  for (const auto& wait : step.waits)
    if (wait.by == Wait::By::lane && wait.rounds <= 0 && left[wait.from]) return static_cast<int32_t>(wait.from);
  for (const uint32_t ring : step.inputs) {
    const int32_t maker = maker_[ring];
    if (maker < 0 || !left[static_cast<uint32_t>(maker)]) continue;
    if (plan_.steps[static_cast<uint32_t>(maker)].offset >= step.offset) return maker;
  }
  // What meets over a transport does so in one order on all actors.
  if (const int32_t before = transport_[number]; before >= 0 && left[static_cast<uint32_t>(before)]) return before;
  return -1;
}

std::vector<uint32_t> Runs::counterparts(uint32_t number) const {
  const auto& step = plan_.steps[number];
  std::vector<uint32_t> found;
  if (!meets(plan_, step)) return found;
  if (step.kind == StepKind::collective) return members_.at(plan_.nodes[static_cast<uint32_t>(step.node)].collective);
  const auto& channel = plan_.channels[static_cast<uint32_t>(step.channel)];
  found.push_back(channel.send_step);
  for (const auto& reader : channel.readers) found.push_back(reader.receive_step);
  return found;
}

uint32_t Runs::phases(uint32_t step, uint32_t others) const {
  uint64_t all = others;
  for (const auto* rings : {&plan_.steps[step].inputs, &plan_.steps[step].results})
    for (const uint32_t ring : *rings)
      all = std::min<uint64_t>(std::lcm(all, uint64_t{plan_.rings[ring].slots}), UINT32_MAX);
  return static_cast<uint32_t>(all);
}

void share_offsets(const Runs& runs, const Plan& plan, std::vector<Captured>& captures) {
  std::vector<int32_t> run_of(plan.steps.size(), -1);
  for (uint32_t run = 0; run < captures.size(); ++run)
    for (const uint32_t step : captures[run].steps) run_of[step] = static_cast<int32_t>(run);
  std::vector<uint32_t> family(captures.size());
  std::iota(family.begin(), family.end(), 0U);
  const auto root = [&](uint32_t run) {
    while (family[run] != run) run = family[run] = family[family[run]];
    return run;
  };
  for (uint32_t run = 0; run < captures.size(); ++run)
    for (const uint32_t step : captures[run].steps)
      for (const uint32_t other : runs.counterparts(step))
        if (run_of[other] >= 0) family[root(static_cast<uint32_t>(run_of[other]))] = root(run);
  std::vector<std::pair<int32_t, int32_t>> range(captures.size(), {INT32_MAX, INT32_MIN});
  for (uint32_t run = 0; run < captures.size(); ++run)
    for (const uint32_t step : captures[run].steps) {
      auto& [least, most] = range[root(run)];
      least = std::min(least, plan.steps[step].offset);
      most = std::max(most, plan.steps[step].offset);
    }
  for (uint32_t run = 0; run < captures.size(); ++run)
    std::tie(captures[run].least_offset, captures[run].most_offset) = range[root(run)];
}

}  // namespace stretto::compiling
