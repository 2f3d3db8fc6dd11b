// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/verify/verify.h"

#include <vector>

namespace stretto::compiling {

namespace {

/// Whether what a step does comes to the driver in the end. Walks backwards from the driver's RECEIVEs, all branches at
/// one pace: neighbours in time lie near each other.
std::vector<bool> reach_driver(const Plan& plan) {
  std::vector<int32_t> writer(plan.rings.size(), -1);  // verify_steps has seen one at most
  std::vector<bool> reached(plan.steps.size(), false);
  std::vector<uint32_t> open;
  const auto reach = [&](uint32_t number) {
    if (!reached[number]) open.push_back(number);
    reached[number] = true;
  };
  for (uint32_t number = 0; number < plan.steps.size(); ++number) {
    const auto& step = plan.steps[number];
    for (const uint32_t ring : step.results) writer[ring] = static_cast<int32_t>(number);
    if (step.kind == StepKind::receive && step.actor == plan.driver()) reach(number);
  }
  for (size_t i = 0; i < open.size(); ++i) {
    const auto& step = plan.steps[open[i]];
    if (step.kind == StepKind::receive) reach(plan.channels[static_cast<uint32_t>(step.channel)].send_step);
    for (const uint32_t ring : step.inputs)
      if (writer[ring] >= 0) reach(static_cast<uint32_t>(writer[ring]));
  }
  return reached;
}

}  // namespace

void verify_window(const Plan& plan) {
  // The driver takes an execution in once the one `inflight` earlier has arrived. That all its steps have ended by then
  // is what lets the driver stand outside the circuits of rounds.h, and rings be counted by executions.
  const auto reached = reach_driver(plan);
  for (uint32_t number = 0; number < plan.steps.size(); ++number)
    if (!reached[number] && number != plan.ticket_step)
      inconsistent("what '{}' makes reaches no output, so that no window bounds it", plan.steps[number].name);
  const auto require_slots = [&](const Ring& ring) {
    if (ring.slots < plan.inflight)
      throw Error(
          Code::invalid_argument,
          fmt::format("'{}' has {} slots towards the driver, but {} executions may be under way; give its channel "
                      "{} slots, or leave them out",
                      plan.values[ring.value].name, ring.slots, plan.inflight, plan.inflight));
  };
  for (const auto& channel : plan.channels) {
    if (channel.writer == plan.driver()) require_slots(plan.rings[channel.ring]);
    for (const auto& reader : channel.readers) {
      if (reader.actor != plan.driver()) continue;
      require_slots(plan.rings[channel.ring]);
      require_slots(plan.rings[reader.ring]);
    }
  }
}

}  // namespace stretto::compiling
