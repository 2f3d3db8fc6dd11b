// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "overlap/timetable.h"

#include <algorithm>

namespace stretto::overlap {

Timetable::Timetable(const TimedGraph& graph, const Retimed& retimed, int32_t executions, bool causes)
    : graph_(graph),
      end_(size_t{graph.unit_count()} * static_cast<size_t>(executions), 0),
      cause_(causes ? end_.size() : 0),
      done_(static_cast<size_t>(executions), 0),
      lane_(graph.lanes().size(), 0),
      run_(graph.lanes().size(), kNone) {
  for (uint32_t resource = 0; resource < graph.resource_count(); ++resource)
    servers_.emplace_back(graph.capacity(resource), 0.0);
  const auto& offsets = retimed.offsets;
  const int32_t most = retimed.most_offset();
  for (int32_t round = 0; round < executions + most; ++round) {
    double gate = 0;
    uint32_t gate_run = kNone;
    for (const uint32_t unit : retimed.topological) {
      const int32_t execution = round - offsets[unit];
      if (execution >= 0 && execution < executions) work_off(unit, execution, gate, gate_run);
      if (unit != graph.ticket()) continue;
      gate_run = static_cast<uint32_t>(std::min(round, executions - 1)) * graph.unit_count() + unit;
      gate = end_[gate_run];
    }
  }
}

void Timetable::work_off(uint32_t unit, int32_t execution, double gate, uint32_t gate_run) {
  const uint32_t units = graph_.unit_count();
  const uint32_t run = static_cast<uint32_t>(execution) * units + unit;
  double start = 0;
  Cause cause;
  const auto after = [&](double time, const Cause& why) {
    if (time <= start) return;
    start = time;
    cause = why;
  };
  const auto lanes = graph_.lanes_of(unit);
  if (!lanes.empty()) after(gate, {gate_run, -1});
  if (lanes.empty() && execution > 0) after(end_[run - units], {run - units, -1});
  const auto entering = graph_.entering(unit);
  work_ += entering.size() + 2;
  for (const uint32_t number : entering) {
    const auto& arc = graph_.arcs()[number];
    const int32_t awaited = execution - arc.tokens;
    if (awaited < 0) continue;
    const uint32_t from = static_cast<uint32_t>(awaited) * units + arc.from;
    after(end_[from], {from, -1});
  }
  // Last, so that a lane is blamed only where nothing else would have kept the run as long.
  for (const uint32_t lane : lanes) after(lane_[lane], {run_[lane], static_cast<int32_t>(lane)});
  double* server = nullptr;
  if (const int32_t resource = graph_.shared_resource(unit); resource >= 0) {
    auto& row = servers_[static_cast<uint32_t>(resource)];
    server = &*std::min_element(row.begin(), row.end());
    start = std::max(start, *server);
  }
  const double end = start + graph_.seconds(unit);
  if (server != nullptr) *server = end;
  end_[run] = end;
  if (!cause_.empty()) cause_[run] = cause;
  for (const uint32_t lane : lanes) {
    lane_[lane] = end;
    run_[lane] = run;
  }
  auto& done = done_[static_cast<size_t>(execution)];
  done = std::max(done, end);
  if (end <= makespan_) return;
  makespan_ = end;
  last_ = run;
}

std::vector<Timetable::Neighbours> Timetable::critical() const {
  std::vector<Neighbours> pairs;
  const uint32_t units = graph_.unit_count();
  for (uint32_t run = last_; run != kNone; run = cause_[run].run)
    if (const auto& cause = cause_[run]; cause.lane >= 0)
      pairs.push_back({static_cast<uint32_t>(cause.lane), cause.run % units, run % units});
  return pairs;
}

}  // namespace stretto::overlap
