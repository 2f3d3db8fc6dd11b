// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/predict/dependence.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto {

namespace compiling {

namespace {

using By = Dependence::By;

/// The ring that one step writes and the other reads; -1: none.
int32_t shared_ring(const Step& writer, const Step& reader) {
  for (const uint32_t ring : writer.results)
    if (std::find(reader.inputs.begin(), reader.inputs.end(), ring) != reader.inputs.end())
      return static_cast<int32_t>(ring);
  return -1;
}

Dependence dependence_of(const Plan& plan, const RoundGraph::Arc& arc) {
  const auto& from = plan.steps[arc.from_step];
  const auto& to = plan.steps[arc.to_step];
  Dependence result{By::order, arc.from_step, arc.to_step, arc.tokens, -1, -1, arc.channel};
  switch (arc.by) {
    case RoundGraph::By::lane:
      result.by = By::lane;
      result.lane = to.lane;
      break;
    case RoundGraph::By::wait:
      if ((result.ring = shared_ring(to, from)) >= 0)
        result.by = By::slots;
      else if ((result.ring = shared_ring(from, to)) >= 0)
        result.by = By::data;
      break;
    case RoundGraph::By::message: result.by = By::message; break;
    case RoundGraph::By::release:
      result.by = By::slots;
      result.ring = static_cast<int32_t>(plan.channels[static_cast<uint32_t>(arc.channel)].ring);
      break;
    case RoundGraph::By::issue: result.by = By::issue; break;
    case RoundGraph::By::header: result.by = By::header; break;
    case RoundGraph::By::driver: result.by = By::window; break;
  }
  return result;
}

}  // namespace

std::vector<Dependence> dependences_of(const Plan& plan, const std::vector<RoundGraph::Arc>& arcs) {
  std::vector<Dependence> result;
  for (size_t i = 0; i < arcs.size(); ++i) {
    const auto& arc = arcs[i];
    if (arc.from_step != arc.to_step || arcs.size() == 1) result.push_back(dependence_of(plan, arc));
    const uint32_t next = arcs[(i + 1) % arcs.size()].from_step;
    if (arc.to_step != next) result.push_back({By::rendezvous, arc.to_step, next, 0});
  }
  return result;
}

}  // namespace compiling

std::string to_text(const Plan& plan, const Dependence& dependence) {
  const auto& from = plan.steps[dependence.from].name;
  const auto& to = plan.steps[dependence.to].name;
  using By = Dependence::By;
  const auto ring = [&]() -> const Ring& { return plan.rings[static_cast<uint32_t>(dependence.ring)]; };
  const auto value = [&] { return plan.values[ring().value].name; };
  switch (dependence.by) {
    case By::lane:
      return fmt::format("{} follows {} on lane '{}' of {}", to, from,
                         dependence.lane < 0 ? "" : plan.lanes[static_cast<uint32_t>(dependence.lane)].name,
                         plan.actors[plan.steps[dependence.to].actor].name);
    case By::data: return fmt::format("{} reads {}, which {} makes", to, value(), from);
    case By::slots:
      return fmt::format("{} waits for a slot of {}: all {} on {} are in use until {} has ended", to, value(),
                         ring().slots, plan.actors[ring().actor].name, from);
    case By::message: return fmt::format("{} takes what {} hands over", to, from);
    case By::order: return fmt::format("{} waits for {}", to, from);
    case By::window: return fmt::format("{} follows {} by way of the driver, inflight = {}", to, from, plan.inflight);
    case By::issue: return fmt::format("{} is issued after {}", to, from);
    case By::header: return fmt::format("{} is issued once what {} brings is known", to, from);
    case By::rendezvous: return fmt::format("{} and {} run as one", to, from);
  }
  return {};
}

}  // namespace stretto
