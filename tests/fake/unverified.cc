// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "unverified.h"

#include "execution/driver.h"
#include "launch/crew.h"
#include "scene.h"
#include "violations.h"
#include "watch.h"

#include <algorithm>

namespace stretto::testing {
namespace {

constexpr int64_t kExecutions = 6;
const Spec kVector = spec(kF32, {64});

Tensor all(double value) { return tensor(kF32, {64}, std::vector<double>(64, value)); }

ChannelOptions one_slot() {
  ChannelOptions options;
  options.slots = 1;
  return options;
}

Plan planned(Graph graph, const std::string& scheduler, const std::string& transport, bool processes = false) {
  CompileOptions options;
  options.scheduler = scheduler;
  options.inflight = kExecutions;
  options.transport = transport;
  options.driver_transport = "shm";
  options.processes = processes;
  return compile(graph, options, catalogue());
}

/// Inputs 1, 2, …, and what is made of each.
template <class Make>
Trial trial(Plan plan, Make&& make) {
  Trial made{std::move(plan), {}, {}};
  for (int i = 1; i <= kExecutions; ++i) {
    made.inputs.push_back({all(i)});
    made.outputs.push_back(all(make(i)));
  }
  return made;
}

GraphBuilder::Node scaled(GraphBuilder& build, const char* name, ActorHandle actor, const ValueRef& x) {
  return build.node(name, actor, "tensor.scale").bind("x", x).arg("factor", 2.0).channel(one_slot());
}

/// What is issued of so many executions before anybody waits for them: what offsets keep back comes with blank rounds.
size_t issued_at_once(const Plan& plan, int64_t executions) {
  size_t sum = 0;
  for (const auto& step : plan.steps)
    if (step.lane >= 0) sum += static_cast<size_t>(std::max<int64_t>(0, executions - step.offset));
  return sum;
}

/// One run, from its start to its end.
class Run {
 public:
  explicit Run(const Plan& plan)
      : plan_(std::make_shared<const Plan>(plan)),
        page_(ControlPage::create(plan)),
        crew_(plan_, catalogue(), page_, patience(plan.processes)),
        driver_(plan_, catalogue(), page_) {
    crew_.run(driver_.endpoints(), [this](const Error& error) { driver_.kill(error); });
    driver_.start();
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() {
    driver_.close();
    driver_.collect(soon());
    crew_.abort();
    crew_.join(std::chrono::seconds(10));
  }

  void execute(const Trial& trial) {
    for (const auto& input : trial.inputs) driver_.execute(spans(input), soon());
  }

  std::string judge(const Trial& trial) {
    std::string failure;
    for (int64_t execution = 0; execution < trial.executions(); ++execution) {
      const auto& expected = trial.outputs[static_cast<size_t>(execution)];
      try {
        const auto found = driver_.get(execution, soon());
        if (!expected || found[0].bytes != expected->bytes) failure = kWrongResult;
      } catch (const Error&) {
        if (expected) throw;
      }
    }
    return failure;
  }

 private:
  static RunOptions patience(bool processes) {
    RunOptions options = run_options(processes);
    options.progress = RunOptions::Seconds(10);
    return options;
  }

  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<ControlPage> page_;
  Crew crew_;
  Driver driver_;
};

}  // namespace

Trial there_and_back(const std::string& transport) {
  GraphBuilder build;
  const auto a = build.actor("a", "cuda", 0), b = build.actor("b", "cuda", 1);
  const auto x = build.input("x", kVector);
  const auto first = scaled(build, "first", a, x).value();
  const auto there = scaled(build, "there", b, first).value();
  build.output("y", scaled(build, "last", a, there).value());
  return trial(planned(build.take(), "overlap", transport), [](int x_is) { return 8.0 * x_is; });
}

Trial summed() {
  GraphBuilder build;
  const std::vector<ActorHandle> actors{build.actor("a", "cuda", 0), build.actor("b", "cuda", 1)};
  const auto x = build.input("x", kVector);
  const std::vector<ValueRef> made{scaled(build, "made", actors[0], x).value(), x};
  auto sum = build.collective("sum", actors, "collective.all_reduce").bind("x", made).transport("nccl");
  sum.channel(one_slot());
  build.output("y", scaled(build, "doubled", actors[1], sum.value(1)).value());
  build.output("sum", sum.value(0));
  return trial(planned(build.take(), "overlap", "nccl"), [](int x_is) { return 6.0 * x_is; });
}

Trial each_step_apart() {
  GraphBuilder build;
  const auto a = build.actor("a", "cuda", 0), b = build.actor("b", "cuda", 1);
  const auto x = build.input("x", kVector);
  const auto before = scaled(build, "before", a, x).value();
  const auto total = build.node("total", a, "tensor.running_sum").bind("x", before).channel(one_slot()).value();
  build.output("y", scaled(build, "behind", b, total).value());
  return trial(planned(build.take(), "apart", "shm"), [](int x_is) { return 2.0 * x_is * (x_is + 1); });
}

Trial handed_over(const std::string& scheduler) {
  GraphBuilder build;
  const auto a = build.actor("a", "cuda", 0), b = build.actor("b", "cuda", 0);
  const auto made = scaled(build, "made", a, build.input("x", kVector)).value();
  build.output("y", scaled(build, "first", b, made).value());
  build.output("z", scaled(build, "second", b, made).value());
  return trial(planned(build.take(), scheduler, "shm", true), [](int x_is) { return 4.0 * x_is; });
}

Trial dynamic_value() {
  GraphBuilder build;
  const auto host = build.actor("host", "cpu", 0), gpu = build.actor("gpu", "cuda", 0);
  const auto length = build.input("length", spec(kI64, {1})), value = build.input("value", kScalar);
  const auto made = build.node("made", host, "tensor.fill")
                        .bind("value", value)
                        .bind("shape", length)
                        .arg("dtype", std::string("f32"))
                        .arg("max_bytes", int64_t{64})
                        .channel(one_slot())
                        .value();
  build.output("y", scaled(build, "doubled", gpu, made).value());
  Trial made_trial{planned(build.take(), "overlap", "shm"), {}, {}};
  for (int i = 1; i <= kExecutions; ++i) {
    made_trial.inputs.push_back({tensor(kI64, {1}, {static_cast<double>(i)}), tensor(kF32, {}, {1.0 * i})});
    made_trial.outputs.push_back(tensor(kF32, {i}, std::vector<double>(static_cast<size_t>(i), 2.0 * i)));
  }
  return made_trial;
}

Trial error_before_state() {
  GraphBuilder build;
  const auto a = build.actor("a", "cuda", 0), b = build.actor("b", "cuda", 1);
  const auto x = build.input("x", kVector);
  const auto made = build.node("made", a, "tensor.fail")
                        .bind("x", x)
                        .arg("at", std::vector<int64_t>{1, 3})
                        .arg("message", std::string("out of luck"))
                        .channel(one_slot())
                        .value();
  build.output("y", build.node("total", b, "tensor.running_sum").bind("x", made).channel(one_slot()).value());
  double sum = 0;
  Trial made_trial = trial(planned(build.take(), "overlap", "nccl"), [&](int x_is) {
    const bool fails = x_is == 2 || x_is == 4;
    return sum += fails ? 0 : x_is;
  });
  made_trial.outputs[1] = made_trial.outputs[3] = std::nullopt;
  return made_trial;
}

std::string run_unverified(const Plan& plan, const Trial& trial, Streams streams) {
  std::string failure;
  std::optional<Held> held;
  try {
    Run run(plan);
    const size_t steps = issued_steps() + issued_at_once(plan, trial.executions());
    if (streams != Streams::run) held.emplace();
    try {
      run.execute(trial);
      if (streams == Streams::start_when_all_is_issued) {
        EXPECT_TRUE(await_issued_steps(steps)) << "not everything is issued";
        held.reset();
      }
      failure = run.judge(trial);
    } catch (const Error& error) {
      failure = error.what();
    }
    held.reset();
  } catch (const Error& error) {
    failure = error.what();
  }
  return failure;
}

}  // namespace stretto::testing
