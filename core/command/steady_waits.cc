// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/steady_waits.h"

#include <algorithm>
#include <map>

namespace stretto {

namespace {

/// Ends of runs, by step and execution.
class Ends {
 public:
  Ends(const Plan& plan, const Timeline& timeline, int64_t executions) : executions_(executions) {
    ends_.assign(plan.steps.size(), std::vector<double>(static_cast<size_t>(executions), -1));
    for (const StepRun& run : timeline.runs) ends_[run.step][static_cast<size_t>(run.execution)] = run.end;
  }
  /// Negative where there is no such run.
  double at(uint32_t step, int64_t execution) const {
    return execution < 0 || execution >= executions_ ? -1 : ends_[step][static_cast<size_t>(execution)];
  }

 private:
  int64_t executions_;
  std::vector<std::vector<double>> ends_;
};

/// When the lane was free for each run: the end of the run before it.
std::map<std::pair<uint32_t, int64_t>, double> lane_free(const Plan& plan, const Timeline& timeline) {
  std::vector<double> last(plan.lanes.size());
  std::map<std::pair<uint32_t, int64_t>, double> free;
  for (const StepRun& run : timeline.runs) {
    const int32_t lane = plan.steps[run.step].lane;
    if (lane < 0) continue;
    free[{run.step, run.execution}] = last[static_cast<size_t>(lane)];
    last[static_cast<size_t>(lane)] = run.end;
  }
  return free;
}

int32_t last_over(const Step& step, const Ends& ends, int64_t execution) {
  int32_t latest = -1;
  double end = -1;
  for (size_t i = 0; i < step.waits.size(); ++i) {
    const Wait& wait = step.waits[i];
    if (wait.by == Wait::By::order) continue;
    const double over = ends.at(wait.from, execution - wait.tokens);
    if (over > end) {
      end = over;
      latest = static_cast<int32_t>(i);
    }
  }
  return latest;
}

}  // namespace

std::vector<SteadyWait> steady_waits(const Plan& plan, double least) {
  // Long enough for the beginning and the end to be far from the middle.
  const int64_t executions = 8 + 4 * (static_cast<int64_t>(plan.inflight) + plan.max_offset());
  const Timeline timeline = simulate(plan, executions);
  const Ends ends(plan, timeline, executions);
  const auto free = lane_free(plan, timeline);
  const int64_t middle = executions / 2;
  std::vector<SteadyWait> waits;
  for (const StepRun& run : timeline.runs) {
    if (run.execution != middle || plan.steps[run.step].lane < 0) continue;
    const double idle = run.start - free.at({run.step, run.execution});
    if (idle >= least && idle > 0) waits.push_back({run.step, idle, last_over(plan.steps[run.step], ends, middle)});
  }
  std::stable_sort(waits.begin(), waits.end(), [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  return waits;
}

}  // namespace stretto
