// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/calibration.h"
#include "command/job_run.h"
#include "command/output_file.h"
#include "command/print.h"
#include "command/report.h"
#include "job/cost_file.h"
#include "stretto/prediction.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

constexpr int64_t kProbes = 20;

struct Measured {
  std::vector<std::vector<MeasuredStep>> runs;
  std::vector<double> seconds;
};

/// Runs `ready` several times. Throws the first thing that goes wrong: a calibration with wrong results is none.
Measured measure_runs(const Invocation& invocation, Ready& ready, Interrupts& interrupts, Progress& progress,
                      const char* what) {
  Measured measured;
  for (int64_t run = 0; run < invocation.repeat && !interrupts.interrupted(); ++run) {
    progress.set_prefix(fmt::format("{}, run {} of {}: ", what, run + 1, invocation.repeat));
    Errors errors(ready);
    const auto figures = run_job(invocation, ready, interrupts, progress, traceable_executions(ready),
                                 [&](const Result& result) { errors.add(result); });
    if (interrupts.interrupted()) break;
    if (!errors.none()) throw Error(Code::internal, fmt::format("{}: {}", what, errors.list().front()));
    measured.runs.push_back(measure(ready.plan, figures.trace));
    measured.seconds.push_back(figures.seconds);
  }
  progress.set_prefix("");
  return measured;
}

/// A job of its own that sends a small and a large value over each link, one at a time.
Ready prepare_probe(const Invocation& invocation, const Ready& job, const std::vector<LinkUse>& links) {
  Ready probe;
  probe.job.run = job.job.run;
  probe.job.executions = kProbes;
  probe.job.feeds.push_back({{{kU8, {}, {std::byte{1}}}}, {}});
  CompileOptions options = job.job.compile;
  options.inflight = 1;
  options.processes = job.plan.processes;
  probe.plan = compile(probe_graph(job.plan, links), options, invocation.catalogue);
  return probe;
}

void add_probed_links(const Invocation& invocation, const Ready& job, Costs& costs, Interrupts& interrupts,
                      Progress& progress) {
  const auto links = links_of(job.plan);
  if (links.empty()) return;
  try {
    Ready probe = prepare_probe(invocation, job, links);
    add_links(costs, links, probe.plan, measure_runs(invocation, probe, interrupts, progress, "links").runs);
  } catch (const Error& error) {
    progress.clear();
    fmt::print(stderr, "stretto: the links could not be probed, and keep their defaults: {}\n", error.what());
  }
}

/// The job's makespan as the new costs predict it; nothing for a saved plan, which cannot be compiled anew, and for
/// more executions than can be simulated: the costs are measured and written all the same.
std::optional<double> predicted_with(const Invocation& invocation, const Ready& ready) {
  if (ready.job.graph.nodes.empty()) return std::nullopt;
  const Ready again =
      prepare(invocation, {fmt::format("compile.costs=\"{}\"", std::filesystem::absolute(invocation.output).string())});
  try {
    return simulate(again.plan, again.job.executions).makespan;
  } catch (const Error& error) {
    fmt::print(stderr, "stretto: the costs are written, and nothing is predicted from them: {}\n", error.what());
    return std::nullopt;
  }
}

/// Throws Code::invalid_argument where a file cannot be written. Leaves what is there, and nothing where nothing was.
void check_writable(const std::string& path) {
  const bool fresh = !std::filesystem::exists(path);
  if (!std::ofstream(path, std::ios::app))
    throw Error(Code::invalid_argument, fmt::format("cannot write '{}': {}", path, std::strerror(errno)));
  if (fresh) std::filesystem::remove(path);
}

size_t count_ops(const Costs& costs) {
  size_t count = 0;
  for (const auto& [name, device] : costs.devices) count += device.ops.size();
  return count;
}

void report(const Invocation& invocation, const Costs& costs, double measured, std::optional<double> predicted) {
  if (invocation.json) {
    nlohmann::json out{{"written", invocation.output},
                       {"ops", count_ops(costs)},
                       {"transports", costs.transports.size()},
                       {"links", costs.links.size()},
                       {"measured", measured}};
    if (predicted) out["predicted"] = *predicted;
    return print_json(out);
  }
  if (invocation.quiet) return;
  fmt::print("{}: {} op{}, {} transport{}, {} link{}\n", invocation.output, count_ops(costs),
             count_ops(costs) == 1 ? "" : "s", costs.transports.size(), costs.transports.size() == 1 ? "" : "s",
             costs.links.size(), costs.links.size() == 1 ? "" : "s");
  if (predicted)
    fmt::print("this job: measured {}, predicted with these costs {} ({:+.1f} %)\n", seconds_text(measured),
               seconds_text(*predicted), (*predicted / measured - 1) * 100);
}

}  // namespace

int calibrate_command(const Invocation& invocation) {
  check_writable(invocation.output);  // before anything runs: no reason to lose a measurement
  Interrupts interrupts;
  Progress progress(invocation.quiet);
  progress.say("compiling");
  Ready ready = prepare(invocation);
  const Measured job = measure_runs(invocation, ready, interrupts, progress, "the job");
  Costs costs;
  if (!interrupts.interrupted()) {
    costs = costs_of(ready.plan, job.runs);
    add_probed_links(invocation, ready, costs, interrupts, progress);
  }
  progress.clear();
  if (interrupts.interrupted()) {
    fmt::print(stderr, "stretto: interrupted\n");
    return kInterrupted;
  }
  write_file(invocation.output, fmt::format("# Written by `stretto calibrate {}`: median of {} runs.\n{}",
                                            invocation.job, invocation.repeat, to_toml(costs)));
  report(invocation, costs, median(job.seconds), predicted_with(invocation, ready));
  return kDone;
}

}  // namespace stretto
