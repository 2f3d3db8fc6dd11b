// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/describe.h"
#include "command/print.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace stretto {

namespace {

/// The value that `from` gives back a slot of, and `to` writes; -1 where the wait is for something else.
int64_t freed_value(const Plan& plan, const Step& from, const Step& to) {
  for (const uint32_t written : to.results)
    for (const auto* rings : {&from.inputs, &from.results})
      for (const uint32_t read : *rings)
        if (plan.rings[read].value == plan.rings[written].value) return plan.rings[written].value;
  return -1;
}

std::string executions_before(int32_t tokens) {
  return tokens == 1 ? "of the execution before" : fmt::format("of {} executions before", tokens);
}

std::string where(const Plan& plan, const Step& from, const Step& to) {
  if (from.actor != to.actor) return fmt::format(" on {}", plan.actors[from.actor].name);
  if (from.lane >= 0 && from.lane != to.lane)
    return fmt::format(" (lane {})", plan.lanes[static_cast<size_t>(from.lane)].name);
  return "";
}

/// By the first step of each.
using Captures = std::map<uint32_t, const Captured*>;

/// `capture`: the one that starts with this step, if one does.
std::string step_text(const Plan& plan, const Step& step, const Captured* capture, bool all) {
  std::string line = fmt::format("    {:<44}", short_name(plan, step));
  if (step.node >= 0) {
    const PlanNode& node = plan.nodes[static_cast<size_t>(step.node)];
    line += fmt::format(" {}.{}", plan.components[node.ops].name, node.op);
  }
  if (step.offset != 0) line += fmt::format("  [works {} rounds behind]", step.offset);
  if (step.group >= 0) line += fmt::format("  [group {}]", step.group);
  if (capture != nullptr)
    line += fmt::format("  [captured with the next {}, {} phase{}]", capture->steps.size() - 1, capture->phases,
                        capture->phases == 1 ? "" : "s");
  line.erase(line.find_last_not_of(' ') + 1);
  for (const Wait& wait : step.waits)
    if (all || wait.by != Wait::By::order) line += fmt::format("\n      after {}", wait_text(plan, step, wait));
  return line + "\n";
}

std::string actor_text(const Plan& plan, uint32_t actor, const std::vector<uint32_t>& lanes, const Captures& captures,
                       bool all) {
  const PlanActor& self = plan.actors[actor];
  std::string out =
      fmt::format("\nactor {} on {}:{}{}\n", self.name, plan.components[static_cast<size_t>(self.device)].name,
                  self.device_index, self.any_order ? ", nodes in any order" : "");
  if (!self.capture.empty()) out += fmt::format("  capture {}\n", self.capture);
  for (const uint32_t id : lanes) {
    const PlanLane& lane = plan.lanes[id];
    if (lane.steps.empty()) continue;
    out += fmt::format("  lane {}\n", lane.name);
    for (const uint32_t step : lane.steps) {
      const auto capture = captures.find(step);
      out += step_text(plan, plan.steps[step], capture == captures.end() ? nullptr : capture->second, all);
    }
  }
  return out;
}

std::string channels_text(const Plan& plan) {
  TextTable table({{"channel"},
                   {"value"},
                   {"over"},
                   {"slots", TextTable::Align::right},
                   {"bytes each", TextTable::Align::right},
                   {"why this transport"}});
  for (const Channel& channel : plan.channels) {
    const Ring& ring = plan.rings[channel.ring];
    table.add({channel.name, to_text(plan.values[channel.value].spec), plan.components[channel.transport].name,
               std::to_string(ring.slots), bytes_text(ring.slot_bytes), channel.reason});
  }
  return table.empty() ? "" : "\n" + table.text();
}

std::string collectives_text(const Plan& plan) {
  TextTable table({{"collective"}, {"op"}, {"on"}, {"over"}, {"why"}});
  for (const PlanCollective& collective : plan.collectives) {
    const PlanNode& first = plan.nodes[collective.nodes.front()];
    std::string actors;
    for (const uint32_t node : collective.nodes)
      actors += (actors.empty() ? "" : ", ") + plan.actors[plan.nodes[node].actor].name;
    table.add({collective.name, plan.components[first.ops].name + "." + first.op, actors,
               collective.transport < 0
                   ? "channels"
                   : plan.components[static_cast<size_t>(collective.transport)].name + ", as one transition",
               collective.reason});
  }
  return table.empty() ? "" : "\n" + table.text();
}

}  // namespace

std::string wait_text(const Plan& plan, const Step& step, const Wait& wait) {
  const Step& from = plan.steps[wait.from];
  if (wait.by == Wait::By::ticket) return "the driver's ticket";
  std::string text = short_name(plan, from) + where(plan, from, step);
  if (wait.tokens > 0) {
    text += " " + executions_before(wait.tokens);
    if (const auto value = freed_value(plan, from, step); value >= 0)
      text += fmt::format(": frees a slot of {}", plan.values[static_cast<size_t>(value)].name);
  } else if (wait.by == Wait::By::transport && step.channel >= 0) {
    const Channel& channel = plan.channels[static_cast<size_t>(step.channel)];
    text += fmt::format(", over {}", plan.components[channel.transport].name);
    const PlanActor& writer = plan.actors[channel.writer];
    if (channel.device_slots)
      text += fmt::format(" in the memory of {}:{}", plan.components[static_cast<size_t>(writer.device)].name,
                          writer.device_index);
  }
  if (wait.by == Wait::By::order) text += " (the lane's order)";
  return text;
}

std::string short_name(const Plan& plan, const Step& step) {
  const std::string suffix = " on " + plan.actors[step.actor].name;
  return step.name.ends_with(suffix) ? step.name.substr(0, step.name.size() - suffix.size()) : step.name;
}

std::string describe(const Plan& plan, bool all) {
  std::string out = fmt::format(
      "plan {} of '{}': {} nodes on {} actors, {} channels, {} steps\nscheduler {}, at most {} executions under way, "
      "actors as {}\n",
      hash(plan).substr(0, 12), plan.name, plan.nodes.size(), plan.driver(), plan.channels.size(), plan.steps.size(),
      plan.components[plan.scheduler].name, plan.inflight, plan.processes ? "processes" : "threads");
  std::vector<std::vector<uint32_t>> lanes(plan.actors.size());
  for (uint32_t id = 0; id < plan.lanes.size(); ++id) lanes[plan.lanes[id].actor].push_back(id);
  Captures captures;
  for (const auto& capture : plan.captures) captures.emplace(capture.steps.front(), &capture);
  for (uint32_t actor = 0; actor < plan.driver(); ++actor) out += actor_text(plan, actor, lanes[actor], captures, all);
  return out + channels_text(plan) + collectives_text(plan);
}

}  // namespace stretto
