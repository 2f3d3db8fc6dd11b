// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "trace/run_trace.h"

#include <algorithm>
#include <numeric>

namespace stretto {

namespace {

/// The latest begin of each channel's two sides, by execution; 0 where nothing is known.
class Begins {
 public:
  explicit Begins(size_t channels) : times_(channels) {}
  void add(size_t channel, int64_t execution, int64_t time) {
    auto& row = times_[channel];
    if (row.size() <= static_cast<size_t>(execution)) row.resize(static_cast<size_t>(execution) + 1);
    row[static_cast<size_t>(execution)] = std::max(row[static_cast<size_t>(execution)], time);
  }
  int64_t at(size_t channel, int64_t execution) const {
    const auto& row = times_[channel];
    return static_cast<size_t>(execution) < row.size() ? row[static_cast<size_t>(execution)] : 0;
  }

 private:
  std::vector<std::vector<int64_t>> times_;
};

double seconds(int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

/// When each message could come at the earliest.
Begins message_begins(const Plan& plan, const RunTrace& trace) {
  Begins begins(plan.channels.size() + plan.collectives.size());
  for (const LaneTrace& lane : trace.lanes)
    for (const StepTrace& run : lane.steps) {
      const Step& step = plan.steps[run.step];
      const int32_t meeting = std::max(step.joint, step.channel);
      if (meeting < 0) continue;
      if (step.kind == StepKind::send || step.joint >= 0)
        begins.add(static_cast<size_t>(meeting), run.execution, run.begin);
    }
  for (size_t channel = 0; channel < plan.channels.size(); ++channel)
    if (plan.channels[channel].writer == plan.driver())
      for (size_t execution = 0; execution < trace.executions.size(); ++execution)
        begins.add(channel, static_cast<int64_t>(execution), trace.executions[execution].submitted);
  return begins;
}

}  // namespace

uint64_t dropped(const RunTrace& trace) {
  uint64_t sum = 0;
  for (const LaneTrace& lane : trace.lanes) sum += lane.dropped;
  return sum;
}

std::vector<std::vector<int64_t>> work_begins(const Plan& plan, const RunTrace& trace) {
  const Begins begins = message_begins(plan, trace);
  std::vector<std::vector<int64_t>> all;
  for (const LaneTrace& lane : trace.lanes) {
    auto& row = all.emplace_back();
    row.reserve(lane.steps.size());
    for (const StepTrace& run : lane.steps) {
      const Step& step = plan.steps[run.step];
      int64_t begin = run.begin;
      const int32_t meeting = std::max(step.joint, step.channel);
      if (meeting >= 0 && (step.kind == StepKind::receive || step.joint >= 0))
        begin = std::max(begin, begins.at(static_cast<size_t>(meeting), run.execution));
      row.push_back(std::min(begin, run.end));
    }
  }
  return all;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<MeasuredStep> measure(const Plan& plan, const std::vector<RunTrace>& traces) {
  std::vector<std::vector<double>> work(plan.steps.size());
  std::vector<std::vector<double>> waits(plan.steps.size());
  for (const RunTrace& trace : traces) {
    const auto begins = work_begins(plan, trace);
    for (size_t lane = 0; lane < trace.lanes.size(); ++lane)
      for (size_t i = 0; i < trace.lanes[lane].steps.size(); ++i) {
        const StepTrace& run = trace.lanes[lane].steps[i];
        work[run.step].push_back(seconds(run.end - begins[lane][i]));
        waits[run.step].push_back(seconds(begins[lane][i] - run.arrived));
      }
  }
  std::vector<MeasuredStep> measured(plan.steps.size());
  for (size_t step = 0; step < measured.size(); ++step) {
    if (work[step].empty()) continue;
    measured[step].count = work[step].size();
    measured[step].mean =
        std::accumulate(work[step].begin(), work[step].end(), 0.0) / static_cast<double>(work[step].size());
    measured[step].minimum = *std::min_element(work[step].begin(), work[step].end());
    measured[step].median = median(std::move(work[step]));
    measured[step].waited = median(std::move(waits[step]));
  }
  return measured;
}

std::vector<MeasuredStep> measure(const Plan& plan, const RunTrace& trace) {
  return measure(plan, std::vector<RunTrace>{trace});
}

}  // namespace stretto
