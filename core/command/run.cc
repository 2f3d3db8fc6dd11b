// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/describe.h"
#include "command/job_run.h"
#include "command/print.h"
#include "command/reference_check.h"
#include "command/report.h"
#include "trace/chrome_trace.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
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

/// Every step: what it was predicted to take, what its work took, and what it waited for others.
std::string steps_text(const Plan& plan, const std::vector<MeasuredStep>& measured) {
  constexpr auto kRight = TextTable::Align::right;
  TextTable table({{"step"},
                   {"actor"},
                   {"runs", kRight},
                   {"predicted", kRight},
                   {"measured", kRight},
                   {"of that", kRight},
                   {"waited before", kRight}});
  for (size_t id = 0; id < measured.size(); ++id) {
    if (measured[id].count == 0) continue;
    const Step& step = plan.steps[id];
    table.add({short_name(plan, step), plan.actors[step.actor].name, std::to_string(measured[id].count),
               seconds_text(step.seconds), seconds_text(measured[id].median),
               step.seconds > 0 ? fmt::format("{:.2f}", measured[id].median / step.seconds) : "",
               seconds_text(measured[id].waited)});
  }
  return table.text();
}

json steps_json(const Plan& plan, const RunFigures& figures) {
  const auto measured = measure(plan, figures.trace);
  json list = json::array();
  for (size_t id = 0; id < plan.steps.size(); ++id) {
    const StepTimes& times = figures.steps[id];
    if (times.count == 0) continue;
    json entry{{"step", plan.steps[id].name},
               {"actor", plan.actors[plan.steps[id].actor].name},
               {"count", times.count},
               {"total", times.total},
               {"minimum", times.minimum},
               {"maximum", times.maximum},
               {"predicted", plan.steps[id].seconds}};
    if (measured[id].count != 0) {
      entry["work"] = measured[id].median;
      entry["waited"] = measured[id].waited;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

/// Opened before anything runs: a path that cannot be written is no reason to lose a run.
std::ofstream open_trace(const std::string& path) {
  std::ofstream file;
  if (path.empty()) return file;
  file.open(path, std::ios::binary);
  if (!file)
    throw Error(Code::invalid_argument, fmt::format("cannot write the trace '{}': {}", path, std::strerror(errno)));
  return file;
}

void write_trace(std::ofstream& file, const Invocation& invocation, const Ready& ready, const RunFigures& figures) {
  write_chrome_trace(file, ready.plan, figures.trace);
  if (!file.flush())
    throw Error(Code::invalid_argument,
                fmt::format("cannot write the trace '{}': {}", invocation.trace, std::strerror(errno)));
  const uint64_t lost = dropped(figures.trace);
  if (lost > 0)
    fmt::print(stderr, "stretto: the trace keeps the first {} executions; {} runs of steps were dropped\n",
               figures.trace.executions.size(), lost);
  if (!invocation.quiet && !invocation.json)
    fmt::print(stderr, "traced {}: open it in ui.perfetto.dev\n", invocation.trace);
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
  std::ofstream trace = open_trace(invocation.trace);
  const bool traced = !invocation.trace.empty() || invocation.verbose || invocation.json;
  const RunFigures figures =
      run_job(invocation, ready, interrupts, progress, traced ? traceable_executions(ready) : 0, take);
  if (!invocation.trace.empty()) write_trace(trace, invocation, ready, figures);
  const bool good = errors.none() && !interrupts.interrupted();
  if (invocation.verbose) note_phases(ready.plan, figures);
  if (invocation.json) {
    print_json({{"ok", good},
                {"plan", hash(ready.plan)},
                {"scheduler", scheduler},
                {"seconds", figures.seconds},
                {"cpu_seconds", figures.cpu_seconds},
                {"executions", std::move(executions)},
                {"steps", steps_json(ready.plan, figures)}});
  } else {
    if (invocation.verbose) fmt::print("{}", steps_text(ready.plan, measure(ready.plan, figures.trace)));
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
