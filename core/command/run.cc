// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/describe.h"
#include "command/job_run.h"
#include "command/print.h"
#include "command/reference_check.h"
#include "command/report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

using nlohmann::json;

void print_values(const Plan& plan, const Result& result) {
  size_t at = 0;
  for (const PlanOutput& output : plan.outputs) {
    std::string line = fmt::format("execution {}  {}", result.execution, output.name);
    for (const auto& field : output.fields) {
      const Tensor& value = result.values[at++];
      line += fmt::format("  {}{}", field.name.empty() ? "" : field.name + "=",
                          describe(value, plan.values[field.value].spec.text));
    }
    fmt::print("{}\n", line);
  }
}

json values_json(const Plan& plan, const Result& result) {
  json out = json::object();
  size_t at = 0;
  for (const PlanOutput& output : plan.outputs)
    for (const auto& field : output.fields)
      out[output.name][field.name.empty() ? "value" : field.name] =
          to_json(result.values[at++], plan.values[field.value].spec.text);
  return out;
}

/// "transfer=0.012 ms, blas.matmul=21.3 ms": the shortest RECEIVE between actors (what is longer is waiting), and the
/// mean COMPUTE of the op that took longest.
std::string parts(const Plan& plan, const std::vector<StepTimes>& times) {
  double transfer = -1;
  std::string op;
  double longest = -1;
  for (size_t id = 0; id < times.size(); ++id) {
    const Step& step = plan.steps[id];
    if (times[id].count == 0) continue;
    if (step.kind == StepKind::receive && plan.channels[static_cast<size_t>(step.channel)].writer != plan.driver())
      transfer = transfer < 0 ? times[id].minimum : std::min(transfer, times[id].minimum);
    const double mean = times[id].total / static_cast<double>(times[id].count);
    if (step.kind == StepKind::compute && step.node >= 0 && mean > longest) {
      const PlanNode& node = plan.nodes[static_cast<size_t>(step.node)];
      longest = mean;
      op = plan.components[node.ops].name + "." + node.op;
    }
  }
  std::string text;
  if (transfer >= 0) text += fmt::format(", transfer={:.3f} ms", transfer * 1e3);
  if (longest >= 0) text += fmt::format(", {}={:.3f} ms", op, longest * 1e3);
  return text;
}

std::string steps_text(const Plan& plan, const std::vector<StepTimes>& times) {
  constexpr auto kRight = TextTable::Align::right;
  TextTable table({{"step"}, {"actor"}, {"runs", kRight}, {"mean", kRight}, {"least", kRight}, {"most", kRight}});
  for (size_t id = 0; id < times.size(); ++id) {
    if (times[id].count == 0) continue;
    const Step& step = plan.steps[id];
    table.add({short_name(plan, step), plan.actors[step.actor].name, std::to_string(times[id].count),
               seconds_text(times[id].total / static_cast<double>(times[id].count)), seconds_text(times[id].minimum),
               seconds_text(times[id].maximum)});
  }
  return table.text();
}

json steps_json(const Plan& plan, const std::vector<StepTimes>& times) {
  json list = json::array();
  for (size_t id = 0; id < times.size(); ++id)
    if (times[id].count != 0)
      list.push_back({{"step", plan.steps[id].name},
                      {"actor", plan.actors[plan.steps[id].actor].name},
                      {"count", times[id].count},
                      {"total", times[id].total},
                      {"minimum", times[id].minimum},
                      {"maximum", times[id].maximum}});
  return list;
}

void note_phases(const Plan& plan, const RunFigures& figures) {
  fmt::print(stderr, "plan {}, {} actors as {}: opened in {}, ran {}, closed in {}, {} of CPU\n",
             hash(plan).substr(0, 12), plan.driver(), plan.processes ? "processes" : "threads",
             seconds_text(figures.open_seconds), seconds_text(figures.seconds), seconds_text(figures.close_seconds),
             seconds_text(figures.cpu_seconds));
}

}  // namespace

int run_command(const Invocation& invocation) {
  Interrupts interrupts;
  Progress progress(invocation.quiet);
  progress.say("compiling");
  Ready ready = prepare(invocation);
  const std::string& scheduler = ready.plan.components[ready.plan.scheduler].name;
  Errors errors(ready);
  std::optional<ReferenceCheck> reference;
  if (invocation.reference) reference.emplace(ready, invocation.catalogue);
  json executions = json::array();
  const auto take = [&](Result result) {
    auto wrong = errors.add(result);
    if (reference && !interrupts.interrupted()) {
      const auto differences = reference->differences(result);
      errors.add(differences);
      wrong.insert(wrong.end(), differences.begin(), differences.end());
    }
    if (!invocation.json) {
      progress.clear();
      if (result.error.empty() && !invocation.quiet) print_values(ready.plan, result);
      return;
    }
    json entry{{"execution", result.execution}};
    if (!result.error.empty())
      entry["error"] = result.error;
    else
      entry["outputs"] = values_json(ready.plan, result);
    if (result.error.empty() && !wrong.empty()) entry["mismatches"] = wrong;
    executions.push_back(std::move(entry));
  };
  const RunFigures figures = run_job(invocation, ready, interrupts, progress, take);
  const bool good = errors.none() && !interrupts.interrupted();
  if (invocation.verbose) note_phases(ready.plan, figures);
  if (invocation.json) {
    print_json({{"ok", good},
                {"plan", hash(ready.plan)},
                {"scheduler", scheduler},
                {"seconds", figures.seconds},
                {"cpu_seconds", figures.cpu_seconds},
                {"executions", std::move(executions)},
                {"steps", steps_json(ready.plan, figures.steps)}});
  } else {
    if (invocation.verbose) fmt::print("{}", steps_text(ready.plan, figures.steps));
    if (good)
      fmt::print("scheduler={}, duration={:.3f} s, executions={}{}{}\n", scheduler, figures.seconds, figures.executions,
                 parts(ready.plan, figures.steps), reference ? ", bits=those of the sequential reference" : "");
  }
  if (interrupts.interrupted()) {
    fmt::print(stderr, "stretto: interrupted\n");
    return kInterrupted;
  }
  for (const std::string& error : errors.list()) fmt::print(stderr, "stretto: {}\n", error);
  return errors.none() ? kDone : kRunFailed;
}

}  // namespace stretto
