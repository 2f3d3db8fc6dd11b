// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/job_run.h"

#include "trace/recording.h"

#include <deque>
#include <fmt/format.h>
#include <sys/resource.h>

namespace stretto {

namespace {

constexpr uint64_t kHeldBytes = 256ULL << 20;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

double cpu_seconds() {
  double seconds = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime})
      seconds += static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  }
  return seconds;
}

void check_feeds(const Ready& ready) {
  for (size_t i = 0; i < ready.plan.inputs.size(); ++i) {
    const PlanInput& input = ready.plan.inputs[i];
    if (ready.job.feeds.at(i).values.empty())
      throw Error(Code::invalid_argument,
                  fmt::format("{}input '{}' has no feed, expected feed = [one value per execution, …]",
                              to_prefix(ready.plan.values[input.value].source), input.name));
  }
}

/// Results that are handed on when the run is over, or when they have become too many to keep.
class Held {
 public:
  explicit Held(const std::function<void(Result)>& take) : take_(take) {}
  void keep(Result result) {
    for (const Tensor& value : result.values) bytes_ += value.bytes.size();
    results_.push_back(std::move(result));
    if (bytes_ > kHeldBytes) hand_on();
  }
  void hand_on() {
    for (Result& result : results_) take_(std::move(result));
    results_.clear();
    bytes_ = 0;
  }

 private:
  const std::function<void(Result)>& take_;
  std::deque<Result> results_;
  uint64_t bytes_ = 0;
};

class Executions {
 public:
  Executions(Ready& ready, Runtime& runtime, Held& held, uint64_t traced)
      : ready_(ready), runtime_(runtime), held_(held), traces_(traced) {}

  void run(const Interrupts& interrupts, Progress& progress) {
    const int64_t total = ready_.job.executions;
    std::string stopped;
    for (int64_t execution = 0; execution < total && stopped.empty(); ++execution) {
      if (under_way_.size() >= ready_.plan.inflight) collect();
      if (interrupts.interrupted()) break;
      note(execution, &ExecutionTrace::submitted);
      try {
        under_way_.push_back(runtime_.execute(inputs_of(ready_, execution)));
        ++submitted_;
      } catch (const Error& error) {
        stopped = error.what();
      }
      progress.count("running", ended_, total);
    }
    while (!under_way_.empty()) {
      collect();
      progress.count("running", ended_, total);
    }
    if (!stopped.empty()) held_.keep({submitted_, {}, stopped});
  }

  int64_t ended() const { return ended_; }
  std::vector<ExecutionTrace> take_traces() { return std::move(traces_); }

 private:
  void note(int64_t execution, int64_t ExecutionTrace::*time) {
    if (static_cast<size_t>(execution) < traces_.size())
      traces_[static_cast<size_t>(execution)].*time = trace_time(Clock::now());
  }

  void collect() {
    Result result{ended_++, {}, {}};
    try {
      result.values = under_way_.front().get();
    } catch (const Error& error) {
      result.error = error.what();
    }
    under_way_.pop_front();
    note(result.execution, &ExecutionTrace::ended);
    held_.keep(std::move(result));
  }

  Ready& ready_;
  Runtime& runtime_;
  Held& held_;
  std::vector<ExecutionTrace> traces_;
  std::deque<Future> under_way_;
  int64_t submitted_ = 0;
  int64_t ended_ = 0;
};

/// What a signal ends, as long as it is there.
class Watched {
 public:
  Watched(Interrupts& interrupts, Runtime& runtime) : interrupts_(interrupts) { interrupts_.watch(&runtime); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;
  ~Watched() { interrupts_.watch(nullptr); }

 private:
  Interrupts& interrupts_;
};

}  // namespace

uint64_t traceable_executions(const Ready& ready) {
  constexpr uint64_t kMostRecords = 4U << 20;
  const uint64_t fits = std::max<uint64_t>(1, kMostRecords / std::max<size_t>(1, ready.plan.steps.size()));
  return std::min(static_cast<uint64_t>(ready.job.executions), fits);
}

RunFigures run_job(const Invocation& invocation, Ready& ready, Interrupts& interrupts, Progress& progress,
                   uint64_t trace_executions, const std::function<void(Result)>& take) {
  check_feeds(ready);
  RunFigures figures;
  RunOptions options = ready.job.run;
  options.actor_program = invocation.program.string();
  options.trace_executions = trace_executions;
  const double cpu_before = cpu_seconds();
  const auto opening = Clock::now();
  progress.say(fmt::format("starting {} actors", ready.plan.driver()));
  Runtime runtime = Runtime::open(ready.plan, invocation.catalogue, options);
  figures.open_seconds = seconds_since(opening);
  Held held(take);
  {
    const Watched watched(interrupts, runtime);
    Executions executions(ready, runtime, held, trace_executions);
    const auto begin = Clock::now();
    executions.run(interrupts, progress);
    figures.seconds = seconds_since(begin);
    figures.executions = executions.ended();
    figures.trace.executions = executions.take_traces();
    const auto closing = Clock::now();
    runtime.join();
    figures.close_seconds = seconds_since(closing);
  }
  figures.steps = runtime.step_times();
  figures.trace.lanes = runtime.traces();
  figures.cpu_seconds = cpu_seconds() - cpu_before;
  progress.clear();
  held.hand_on();
  return figures;
}

}  // namespace stretto
