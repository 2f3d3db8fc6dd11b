// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/capture.h"
#include "compile/cut.h"
#include "compile/draft.h"
#include "compile/place.h"
#include "compile/reject.h"
#include "compile/schedule.h"
#include "compile/waits.h"

namespace stretto {

namespace {

constexpr uint32_t kMostInflight = 4096;

using namespace compiling;

void connect_boundary(Plan& plan) {
  for (uint32_t c = 0; c < plan.channels.size(); ++c) {
    const int32_t input = plan.values[plan.channels[c].value].input;
    if (input >= 0) plan.inputs[static_cast<uint32_t>(input)].channels.push_back(c);
  }
  std::vector<int32_t> channel_to_driver(plan.values.size(), -1);
  for (uint32_t c = 0; c < plan.channels.size(); ++c)
    for (const auto& reader : plan.channels[c].readers)
      if (reader.actor == plan.driver()) channel_to_driver[plan.channels[c].value] = static_cast<int32_t>(c);
  for (auto& output : plan.outputs)
    for (auto& field : output.fields) field.channel = static_cast<uint32_t>(channel_to_driver[field.value]);
}

/// One workspace per lane: its steps never overlap.
void assign_workspaces(Plan& plan) {
  for (auto& step : plan.steps)
    if (step.node >= 0 && plan.nodes[static_cast<uint32_t>(step.node)].workspace_bytes > 0)
      step.accesses.push_back({Access::Kind::workspace, true, static_cast<uint32_t>(step.lane)});
}

}  // namespace

const char* to_text(StepKind kind) {
  switch (kind) {
    case StepKind::receive: return "RECEIVE";
    case StepKind::compute: return "COMPUTE";
    case StepKind::send: return "SEND";
    case StepKind::copy: return "COPY";
    case StepKind::collective: return "COLLECTIVE";
  }
  return "STEP";
}

Plan compiling::draft(const Graph& graph, const CompileOptions& options, Catalogue& catalogue) {
  if (options.inflight == 0 || options.inflight > kMostInflight)
    reject({}, "compile.inflight = {}: between 1 and {} executions can be under way", options.inflight, kMostInflight);
  Components components(options, catalogue);
  Plan plan;
  plan.name = graph.name;
  plan.inflight = options.inflight;
  plan.processes = options.processes;
  plan.actors = place(graph, components, options.processes);
  Checked checked = check(graph, plan.actors, components);
  plan.scheduler = located(
      options.scheduler_source, [] { return "compile.scheduler"; },
      [&] { return components.use(STRETTO_SCHEDULER, options.scheduler); });
  carry_collectives(options, plan.actors, components, checked);
  Cut cut = compiling::cut(options, plan.actors, checked, components);
  components.check_unused();
  Marked marked = lower(plan.actors, checked, options.inflight, cut);
  predict_costs(plan.actors, checked, cut, components, options.costs, marked);

  plan.rings = std::move(cut.rings);
  plan.channels = std::move(cut.channels);
  plan.values = std::move(checked.values);
  plan.nodes = std::move(checked.nodes);
  plan.collectives = std::move(checked.collectives);
  plan.inputs = std::move(checked.inputs);
  plan.outputs = std::move(checked.outputs);
  plan.steps = std::move(marked.steps);
  plan.resources = std::move(marked.resources);
  plan.ticket_step = marked.ticket_step;
  connect_boundary(plan);

  schedule(plan, marked, components);
  assign_workspaces(plan);
  derive_waits(marked.places, plan);
  plan.components = components.all();
  capture(plan, components, options.costs);
  return plan;
}

Plan compile(const Graph& graph, const CompileOptions& options, Catalogue& catalogue) {
  Plan plan = compiling::draft(graph, options, catalogue);
  verify(plan);
  return plan;
}

}  // namespace stretto
