// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "trace/chrome_trace.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>

namespace stretto {

namespace {

std::string json_text(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class Writer {
 public:
  Writer(std::ostream& out, const Plan& plan, const RunTrace& trace) : out_(out), plan_(plan), trace_(trace) {
    zero_ = std::numeric_limits<int64_t>::max();
    for (const auto& execution : trace.executions)
      if (execution.submitted != 0) zero_ = std::min(zero_, execution.submitted);
    for (const LaneTrace& lane : trace.lanes)
      for (const StepTrace& run : lane.steps) zero_ = std::min(zero_, run.arrived);
    if (zero_ == std::numeric_limits<int64_t>::max()) zero_ = 0;
    for (const Step& step : plan.steps) names_.push_back(json_text(step.name));
  }

  void write() {
    out_ << R"({"displayTimeUnit":"ns","otherData":{)"
         << fmt::format(R"("plan":"{}","name":{},"clock":"CLOCK_MONOTONIC","zero_ns":{},"dropped":{})", hash(plan_),
                        json_text(plan_.name), zero_, dropped(trace_))
         << R"(},"traceEvents":[)";
    name_tracks();
    const auto begins = work_begins(plan_, trace_);
    for (size_t i = 0; i < trace_.lanes.size(); ++i) write_lane(trace_.lanes[i], begins[i]);
    write_executions();
    out_ << "\n]}\n";
  }

 private:
  double at(int64_t time) const { return static_cast<double>(time - zero_) * 1e-3; }

  void event(const std::string& text) {
    out_ << (first_ ? "\n" : ",\n") << text;
    first_ = false;
  }

  void name_tracks() {
    for (uint32_t actor = 0; actor < plan_.actors.size(); ++actor) {
      const std::string name = (actor == plan_.driver() ? "" : "actor ") + plan_.actors[actor].name;
      event(fmt::format(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":{}}}}})", actor + 1,
                        json_text(name)));
      event(fmt::format(R"({{"ph":"M","pid":{},"name":"process_sort_index","args":{{"sort_index":{}}}}})", actor + 1,
                        actor == plan_.driver() ? 0 : actor + 1));
    }
    for (uint32_t lane = 0; lane < plan_.lanes.size(); ++lane) {
      const auto where = fmt::format(R"("ph":"M","pid":{},"tid":{})", plan_.lanes[lane].actor + 1, lane + 1);
      event(fmt::format(R"({{{},"name":"thread_name","args":{{"name":{}}}}})", where,
                        json_text("lane " + plan_.lanes[lane].name)));
      event(fmt::format(R"({{{},"name":"thread_sort_index","args":{{"sort_index":{}}}}})", where, lane + 1));
    }
  }

  void write_lane(const LaneTrace& lane, const std::vector<int64_t>& begins) {
    const auto where = fmt::format(R"("pid":{},"tid":{})", plan_.lanes[lane.lane].actor + 1, lane.lane + 1);
    for (size_t i = 0; i < lane.steps.size(); ++i) {
      const StepTrace& run = lane.steps[i];
      const Step& step = plan_.steps[run.step];
      if (begins[i] > run.arrived)
        event(fmt::format(R"({{"ph":"X",{},"cat":"wait","name":"waiting","ts":{:.3f},"dur":{:.3f},"args":{{"for":{},)"
                          R"("execution":{}}}}})",
                          where, at(run.arrived), at(begins[i]) - at(run.arrived), names_[run.step], run.execution));
      event(fmt::format(R"({{"ph":"X",{},"cat":"work","name":{},"ts":{:.3f},"dur":{:.3f},"args":{{"kind":"{}",)"
                        R"("execution":{},"predicted_us":{:.3f}}}}})",
                        where, names_[run.step], at(begins[i]), at(run.end) - at(begins[i]), to_text(step.kind),
                        run.execution, step.seconds * 1e6));
      write_arrow(step, run, where);
    }
  }

  /// A SEND starts an arrow per message; it ends at each RECEIVE of that message.
  void write_arrow(const Step& step, const StepTrace& run, const std::string& where) {
    const bool starts = step.kind == StepKind::send;
    if (step.channel < 0 || (!starts && step.kind != StepKind::receive)) return;
    const Channel& channel = plan_.channels[static_cast<size_t>(step.channel)];
    // The driver has no lanes, and no records of its own for the other end.
    const auto driver_reads = [&](const auto& reader) { return reader.actor == plan_.driver(); };
    if (channel.writer == plan_.driver() || std::all_of(channel.readers.begin(), channel.readers.end(), driver_reads))
      return;
    event(fmt::format(R"({{"ph":"{}",{},"cat":"message","name":"message","id":"{}.{}"{},"ts":{:.3f}}})",
                      starts ? "s" : "f", where, step.channel, run.execution, starts ? "" : R"(,"bp":"e")",
                      at(starts ? run.begin : run.end)));
  }

  void write_executions() {
    for (size_t i = 0; i < trace_.executions.size(); ++i) {
      const auto& execution = trace_.executions[i];
      if (execution.submitted == 0 || execution.ended == 0) continue;
      for (const bool begins : {true, false})
        event(fmt::format(
            R"({{"ph":"{}","pid":{},"tid":0,"cat":"execution","id":{},"name":"execution {}","ts":{:.3f}}})",
            begins ? "b" : "e", plan_.actors.size(), i, i, at(begins ? execution.submitted : execution.ended)));
    }
  }

  std::ostream& out_;
  const Plan& plan_;
  const RunTrace& trace_;
  int64_t zero_;
  bool first_ = true;
  std::vector<std::string> names_;
};

}  // namespace

void write_chrome_trace(std::ostream& out, const Plan& plan, const RunTrace& trace) {
  Writer(out, plan, trace).write();
}

}  // namespace stretto
