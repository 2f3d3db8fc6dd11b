// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/command.h"
#include "job/expectation.h"
#include "launch/link.h"

#include <algorithm>
#include <csignal>
#include <deque>
#include <fmt/format.h>
#include <mutex>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <thread>
#include <unistd.h>

namespace stretto {

namespace {

/// Ends the run at the first Ctrl-C, the process at the second. Its constructor blocks the signals for all threads that
/// are made later.
class Interrupts {
 public:
  Interrupts() : stop_(eventfd(0, EFD_CLOEXEC)) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    signals_ = Descriptor(signalfd(-1, &set, SFD_CLOEXEC));
    thread_ = std::thread([this] { listen(); });
  }
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts() {
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t put = write(stop_.get(), &one, sizeof one);
    thread_.join();
  }
  void watch(Runtime* runtime) {
    const std::scoped_lock lock(mutex_);
    runtime_ = runtime;
  }
  bool interrupted() const { return interrupted_; }

 private:
  void listen() {
    for (;;) {
      pollfd entries[2] = {{signals_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
      poll(entries, 2, -1);
      if (entries[1].revents != 0) return;
      signalfd_siginfo info{};
      if (read(signals_.get(), &info, sizeof info) != sizeof info) continue;
      const std::scoped_lock lock(mutex_);
      // Before the actors run there is nothing to close: they go with this process.
      if (interrupted_.exchange(true) || runtime_ == nullptr) _exit(kInterrupted);
      runtime_->abort(Code::cancelled, "interrupted");
    }
  }
  Descriptor stop_;
  Descriptor signals_;
  std::mutex mutex_;
  Runtime* runtime_ = nullptr;
  std::atomic<bool> interrupted_{false};
  std::thread thread_;
};

/// One line on a terminal, overwritten; nothing in a pipe.
class Progress {
 public:
  Progress(int64_t total, bool quiet) : total_(total), shown_(!quiet && isatty(STDERR_FILENO) != 0) {}
  void show(int64_t done) {
    if (!shown_) return;
    fmt::print(stderr, "\r{} of {} executions", done, total_);
    if (done == total_) fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
  }

 private:
  int64_t total_;
  bool shown_;
};

struct Outcome {
  std::vector<Tensor> values;
  std::string error;
};

std::vector<TensorSpan> inputs_of(Ready& ready, int64_t execution) {
  std::vector<TensorSpan> inputs;
  for (size_t i = 0; i < ready.plan.inputs.size(); ++i) {
    auto& feed = ready.job.feeds.at(i).values;
    if (feed.empty())
      throw Error(Code::invalid_argument,
                  fmt::format("input '{}' has no feed: give it one in the job", ready.plan.inputs[i].name));
    Tensor& value = feed[static_cast<size_t>(execution) % feed.size()];
    inputs.push_back({value.dtype, value.shape, value.bytes.data(), value.bytes.size()});
  }
  return inputs;
}

class Run {
 public:
  Run(const Invocation& invocation, Ready& ready, Interrupts& interrupts)
      : invocation_(invocation), ready_(ready), interrupts_(interrupts) {}

  void go() {
    RunOptions options = ready_.job.run;
    options.actor_program = invocation_.program.string();
    Runtime runtime = Runtime::open(ready_.plan, invocation_.catalogue, options);
    interrupts_.watch(&runtime);
    try {
      execute(runtime);
    } catch (...) {
      interrupts_.watch(nullptr);
      throw;
    }
    interrupts_.watch(nullptr);
    runtime.join();
    times_ = runtime.step_times();
  }

  const std::vector<Outcome>& outcomes() const { return outcomes_; }
  double seconds() const { return seconds_; }

  /// "transfer=0.012 ms, blas.matmul=21.3 ms": the shortest RECEIVE between actors (what is longer is waiting), and
  /// the mean COMPUTE of the op that took longest.
  std::string parts() const {
    double transfer = -1;
    std::string op;
    double longest = -1;
    for (size_t id = 0; id < times_.size(); ++id) {
      const Step& step = ready_.plan.steps[id];
      if (times_[id].count == 0) continue;
      if (step.kind == StepKind::receive &&
          ready_.plan.channels[static_cast<size_t>(step.channel)].writer != ready_.plan.driver())
        transfer = transfer < 0 ? times_[id].minimum : std::min(transfer, times_[id].minimum);
      const double mean = times_[id].total / static_cast<double>(times_[id].count);
      if (step.kind == StepKind::compute && step.node >= 0 && mean > longest) {
        const PlanNode& node = ready_.plan.nodes[static_cast<size_t>(step.node)];
        longest = mean;
        op = ready_.plan.components[node.ops].name + "." + node.op;
      }
    }
    std::string text;
    if (transfer >= 0) text += fmt::format(", transfer={:.3f} ms", transfer * 1e3);
    if (longest >= 0) text += fmt::format(", {}={:.3f} ms", op, longest * 1e3);
    return text;
  }

 private:
  void execute(Runtime& runtime) {
    const int64_t total = ready_.job.executions;
    Progress progress(total, invocation_.quiet);
    std::deque<Future> under_way;
    const auto begin = std::chrono::steady_clock::now();
    for (int64_t execution = 0; execution < total; ++execution) {
      if (under_way.size() >= ready_.plan.inflight) take(under_way);
      if (interrupts_.interrupted()) break;
      try {
        under_way.push_back(runtime.execute(inputs_of(ready_, execution)));
      } catch (const Error& error) {
        outcomes_.push_back({{}, error.what()});
        break;
      }
      progress.show(static_cast<int64_t>(outcomes_.size()));
    }
    while (!under_way.empty()) take(under_way);
    progress.show(total);
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  void take(std::deque<Future>& under_way) {
    try {
      outcomes_.push_back({under_way.front().get(), {}});
    } catch (const Error& error) {
      outcomes_.push_back({{}, error.what()});
    }
    under_way.pop_front();
  }

  const Invocation& invocation_;
  Ready& ready_;
  Interrupts& interrupts_;
  std::vector<Outcome> outcomes_;
  std::vector<StepTimes> times_;
  double seconds_ = 0;
};

/// What an execution's values got wrong, output by output.
std::vector<std::string> mismatches(const Ready& ready, int64_t execution, const Outcome& outcome) {
  std::vector<std::string> found;
  for (const Expectation& expectation : ready.job.expectations)
    for (const uint32_t wanted : expectation.outputs) {
      size_t at = 0;
      for (uint32_t output = 0; output < ready.plan.outputs.size(); ++output)
        for (const auto& field : ready.plan.outputs[output].fields) {
          const Tensor& value = outcome.values[at++];
          const bool same = output == wanted && (field.name == expectation.field || expectation.field.empty());
          if (!same) continue;
          if (const auto wrong = mismatch(expectation, execution, value))
            found.push_back(fmt::format("{}execution {}: output '{}'{}: {}", to_prefix(expectation.source), execution,
                                        ready.plan.outputs[output].name, field.name.empty() ? "" : " " + field.name,
                                        *wrong));
        }
    }
  return found;
}

void print_values(const Plan& plan, int64_t execution, const Outcome& outcome) {
  size_t at = 0;
  for (const PlanOutput& output : plan.outputs) {
    std::string line = fmt::format("execution {}  {}", execution, output.name);
    for (const auto& field : output.fields) {
      const Tensor& value = outcome.values[at++];
      line += fmt::format("  {}{}", field.name.empty() ? "" : field.name + "=",
                          describe(value, plan.values[field.value].spec.text));
    }
    fmt::print("{}\n", line);
  }
}

nlohmann::json values_json(const Plan& plan, const Outcome& outcome) {
  nlohmann::json out = nlohmann::json::object();
  size_t at = 0;
  for (const PlanOutput& output : plan.outputs)
    for (const auto& field : output.fields) {
      const Tensor& value = outcome.values[at++];
      out[output.name][field.name.empty() ? "value" : field.name] = {
          {"dtype", to_text(value.dtype)},
          {"shape", value.shape},
          {"text", describe(value, plan.values[field.value].spec.text)}};
    }
  return out;
}

}  // namespace

int run_command(const Invocation& invocation) {
  Interrupts interrupts;
  Ready ready = prepare(invocation);
  Run run(invocation, ready, interrupts);
  run.go();
  const std::string& scheduler = ready.plan.components[ready.plan.scheduler].name;
  nlohmann::json report{{"scheduler", scheduler}, {"seconds", run.seconds()}, {"executions", nlohmann::json::array()}};
  std::vector<std::string> errors;
  for (size_t i = 0; i < run.outcomes().size(); ++i) {
    const Outcome& outcome = run.outcomes()[i];
    const auto execution = static_cast<int64_t>(i);
    nlohmann::json entry{{"execution", execution}};
    if (!outcome.error.empty()) {
      if (std::find(errors.begin(), errors.end(), outcome.error) == errors.end()) errors.push_back(outcome.error);
      entry["error"] = outcome.error;
    } else {
      if (!invocation.json && !invocation.quiet) print_values(ready.plan, execution, outcome);
      entry["outputs"] = values_json(ready.plan, outcome);
      for (auto& wrong : mismatches(ready, execution, outcome)) {
        entry["mismatches"].push_back(wrong);
        errors.push_back(std::move(wrong));
      }
    }
    report["executions"].push_back(std::move(entry));
  }
  if (invocation.json)
    fmt::print("{}\n", report.dump(1));
  else if (errors.empty())
    fmt::print("scheduler={}, duration={:.3f} s, executions={}{}\n", scheduler, run.seconds(), run.outcomes().size(),
               run.parts());
  if (interrupts.interrupted()) {
    fmt::print(stderr, "stretto: interrupted\n");
    return kInterrupted;
  }
  for (const std::string& error : errors) fmt::print(stderr, "stretto: {}\n", error);
  return errors.empty() ? kDone : kRunFailed;
}

}  // namespace stretto
