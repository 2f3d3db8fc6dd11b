// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/output_file.h"
#include "command/prediction_text.h"
#include "command/print.h"
#include "command/progress.h"
#include "command/ready.h"
#include "trace/timeline.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

namespace stretto {

namespace {

using nlohmann::json;

size_t terminal_columns() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 100;
}

json runs_json(const Plan& plan, const Timeline& timeline) {
  json runs = json::array();
  for (const StepRun& run : timeline.runs)
    runs.push_back(
        {{"step", plan.steps[run.step].name}, {"execution", run.execution}, {"start", run.start}, {"end", run.end}});
  return runs;
}

}  // namespace

int simulate_command(const Invocation& invocation) {
  Progress progress(invocation.quiet);
  progress.say("compiling");
  const Ready ready = prepare(invocation);
  const Plan& plan = ready.plan;
  const int64_t executions = invocation.executions > 0 ? invocation.executions : ready.job.executions;
  progress.say("simulating");
  const Prediction prediction = predict(plan);
  const Timeline timeline = simulate(plan, executions);
  const Bound bound = lower_bound(plan, executions);
  progress.clear();
  if (!invocation.svg.empty()) write_file(invocation.svg, timeline_svg(plan, timeline, prediction.bottleneck));
  if (invocation.json) {
    json report{{"plan", hash(plan)},
                {"executions", executions},
                {"period", prediction.period},
                {"makespan", timeline.makespan},
                {"bound", to_json(plan, bound)},
                {"bottleneck", to_json(plan, prediction.bottleneck)}};
    if (invocation.verbose) report["runs"] = runs_json(plan, timeline);
    print_json(report);
    return kDone;
  }
  fmt::print("makespan    {} for {} execution{}\n", seconds_text(timeline.makespan), executions,
             executions == 1 ? "" : "s");
  fmt::print("bound       {} ({} of the makespan): {}\n", seconds_text(bound.seconds),
             percent_text(timeline.makespan > 0 ? bound.seconds / timeline.makespan : 1), describe(plan, bound));
  fmt::print("period      {} from one execution to the next\n", seconds_text(prediction.period));
  fmt::print("bottleneck  {}", describe(plan, prediction.bottleneck));
  if (!invocation.quiet) fmt::print("\n{}", timeline_text(plan, timeline, prediction.bottleneck, terminal_columns()));
  if (!invocation.svg.empty() && !invocation.quiet) fmt::print(stderr, "drew {}\n", invocation.svg);
  return kDone;
}

}  // namespace stretto
