// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "trace/timeline.h"

#include "trace/svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace stretto {

namespace {

std::string lane_title(const Plan& plan, uint32_t lane) {
  return plan.actors[plan.lanes[lane].actor].name + " " + plan.lanes[lane].name;
}

std::vector<uint32_t> used_lanes(const Plan& plan) {
  std::vector<uint32_t> lanes;
  for (uint32_t lane = 0; lane < plan.lanes.size(); ++lane)
    if (!plan.lanes[lane].steps.empty()) lanes.push_back(lane);
  return lanes;
}

/// How much of each cell of one lane each execution takes.
std::string row(const Plan& plan, const Timeline& timeline, uint32_t lane, size_t columns) {
  std::vector<double> most(columns);
  std::string cells(columns, '.');
  const double width = timeline.makespan / static_cast<double>(columns);
  for (const StepRun& run : timeline.runs) {
    if (plan.steps[run.step].lane != static_cast<int32_t>(lane) || width <= 0) continue;
    const auto first = static_cast<size_t>(run.start / width);
    for (size_t cell = first; cell < columns && static_cast<double>(cell) * width < run.end; ++cell) {
      const double share = std::min(run.end, static_cast<double>(cell + 1) * width) -
                           std::max(run.start, static_cast<double>(cell) * width);
      if (share <= most[cell]) continue;
      most[cell] = share;
      // Half a cell of waiting is shown as such.
      if (share > width / 2) cells[cell] = static_cast<char>('0' + run.execution % 10);
    }
  }
  return cells;
}

bool limits(const Plan& plan, uint32_t lane, const std::set<uint32_t>& steps) {
  return std::any_of(plan.lanes[lane].steps.begin(), plan.lanes[lane].steps.end(),
                     [&](uint32_t step) { return steps.count(step) != 0; });
}

/// 1, 2 or 5 times a power of ten: about ten ticks.
double tick_of(double makespan) {
  const double rough = makespan / 10;
  if (rough <= 0) return 1;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= rough) return factor * power;
  return 10 * power;
}

std::string time_text(double seconds, double tick) {
  if (tick >= 1) return fmt::format("{:.0f} s", seconds);
  if (tick >= 1e-3) return fmt::format("{:.0f} ms", seconds * 1e3);
  return fmt::format("{:.0f} us", seconds * 1e6);
}

}  // namespace

std::set<uint32_t> steps_of(const Plan& plan, const Bottleneck& bottleneck) {
  std::set<uint32_t> steps;
  for (const Dependence& arc : bottleneck.circuit) steps.insert({arc.from, arc.to});
  for (uint32_t step = 0; bottleneck.resource >= 0 && step < plan.steps.size(); ++step)
    if (plan.steps[step].resource == bottleneck.resource) steps.insert(step);
  return steps;
}

std::string timeline_text(const Plan& plan, const Timeline& timeline, const Bottleneck& bottleneck, size_t columns) {
  const auto steps = steps_of(plan, bottleneck);
  size_t widest = 0;
  for (const uint32_t lane : used_lanes(plan)) widest = std::max(widest, lane_title(plan, lane).size());
  const size_t cells = std::max<size_t>(20, columns > widest + 8 ? columns - widest - 8 : 0);
  std::string out;
  for (const uint32_t lane : used_lanes(plan))
    out += fmt::format("{:<{}} |{}|{}\n", lane_title(plan, lane), widest, row(plan, timeline, lane, cells),
                       limits(plan, lane, steps) ? " <--" : "");
  return out;
}

std::string timeline_svg(const Plan& plan, const Timeline& timeline, const Bottleneck& bottleneck) {
  constexpr double kTitles = 170;
  constexpr double kWidth = 1000;
  constexpr double kRow = 24;
  constexpr double kTop = 24;
  constexpr std::array kColours{"#8ecae6", "#ffb703", "#90be6d", "#f4978e", "#bdb2ff", "#c9ada7", "#83c5be", "#ffd6a5"};
  const auto steps = steps_of(plan, bottleneck);
  const auto lanes = used_lanes(plan);
  std::vector<double> tops(plan.lanes.size());
  Svg svg;
  double y = kTop;
  for (const uint32_t lane : lanes) {
    tops[lane] = y;
    svg.text(kTitles - 8, y + 16, lane_title(plan, lane), 12, "end", limits(plan, lane, steps) ? "#c00" : "#222");
    y += kRow;
  }
  const double scale = timeline.makespan > 0 ? kWidth / timeline.makespan : 0;
  const double tick = tick_of(timeline.makespan);
  for (double at = 0; at <= timeline.makespan; at += tick) {
    svg.line(kTitles + at * scale, kTop - 4, kTitles + at * scale, y, "#ddd");
    svg.text(kTitles + at * scale, kTop - 8, time_text(at, tick), 10, "middle", "#666");
  }
  for (const StepRun& run : timeline.runs) {
    const Step& step = plan.steps[run.step];
    if (step.lane < 0) continue;
    svg.rectangle(kTitles + run.start * scale, tops[static_cast<size_t>(step.lane)] + 3,
                  std::max(0.5, (run.end - run.start) * scale), kRow - 6,
                  kColours[static_cast<size_t>(run.execution) % kColours.size()],
                  steps.count(run.step) != 0 ? "#c00" : "#888", 0,
                  fmt::format("{}, execution {}: {:.6g} s to {:.6g} s", step.name, run.execution, run.start, run.end));
  }
  return svg.document(kTitles + kWidth + 40, y + 12, plan.name + ": timeline");
}

}  // namespace stretto
