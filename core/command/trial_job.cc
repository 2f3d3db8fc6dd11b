// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/trial.h"
#include "execution/sequential_reference.h"

#include <cstring>
#include <deque>
#include <fmt/format.h>

namespace stretto {

namespace {

constexpr int64_t kExecutions = 7;
constexpr RunOptions::Seconds kPatienceToRun{20};

/// Values that cross actors both ways and meet again; one with two readers; one whose size is known at run time only;
/// one that is kept from execution to execution.
Graph trial_graph(const TrialJob& job, bool dynamic) {
  GraphBuilder build("trial");
  const auto a = build.actor("a", job.device);
  const auto b = build.actor("b", job.device);
  const auto c = build.actor("c", job.device);
  const auto x = build.input("x", {kF32, {}, 4, false});
  const auto shape = std::vector<int64_t>{33};
  const auto first =
      build.node("first", a, "tensor.fill").bind("value", x).arg("shape", shape).arg("dtype", "f32").value();
  const auto other =
      build.node("other", b, "tensor.fill").bind("value", x).arg("shape", shape).arg("dtype", "f32").value();
  const auto left = build.node("left", b, "tensor.scale").bind("x", first).arg("factor", 3.0).value();
  const auto right = build.node("right", a, "tensor.scale").bind("x", other).arg("factor", 5.0).value();
  const auto sum = build.node("sum", c, "tensor.add").bind("values", {left, right, first}).value();
  const auto kept = build.node("kept", c, "tensor.running_sum").bind("x", sum).value();
  build.output("kept", kept);
  build.output("checksum", build.node("checksum", a, "tensor.checksum").bind("x", sum).value());
  if (dynamic) {
    const auto size = build.input("size", {kI64, {1}, 8, false});
    const auto grown = build.node("grown", a, "tensor.fill")
                           .bind("value", x)
                           .bind("shape", size)
                           .arg("dtype", "f32")
                           .arg("max_bytes", int64_t{256})
                           .value();
    build.output("grown", build.node("brought", b, "tensor.copy").bind("x", grown).value());
  }
  return build.take();
}

struct Inputs {
  explicit Inputs(int64_t execution) : level(static_cast<float>(execution) * 0.5F), size(execution * 8) {}
  std::vector<TensorSpan> spans(size_t count) {
    std::vector<TensorSpan> all{{kF32, {}, reinterpret_cast<std::byte*>(&level), sizeof level},
                                {kI64, {1}, reinterpret_cast<std::byte*>(&size), sizeof size}};
    all.resize(count);
    return all;
  }
  float level;
  int64_t size;
};

void compare_bits(const Plan& plan, int64_t execution, const std::vector<Tensor>& found,
                  const std::vector<Tensor>& expected) {
  for (size_t i = 0; i < expected.size(); ++i)
    claim(found[i].shape == expected[i].shape && found[i].bytes == expected[i].bytes,
          fmt::format("execution {}: the output '{}' has other bits than the sequential reference", execution,
                      plan.outputs[i].name));
}

/// What a sequential reference gives, by execution.
std::vector<std::vector<Tensor>> expected_values(Trial& trial, const Plan& plan) {
  SequentialReference reference(plan, trial.catalogue());
  std::vector<std::vector<Tensor>> expected;
  for (int64_t execution = 0; execution < kExecutions; ++execution)
    expected.push_back(reference.run(Inputs(execution).spans(plan.inputs.size())));
  return expected;
}

void run_and_compare(Trial& trial, const Plan& plan, const std::vector<std::vector<Tensor>>& expected) {
  RunOptions options;
  options.processes = plan.processes;
  options.actor_program = trial.program().string();
  options.open = options.submit = options.get = options.progress = options.close = kPatienceToRun;
  Runtime runtime = Runtime::open(plan, trial.catalogue(), options);
  std::deque<Future> under_way;
  for (int64_t execution = 0; execution < kExecutions; ++execution)
    under_way.push_back(runtime.execute(Inputs(execution).spans(plan.inputs.size())));
  for (int64_t execution = 0; execution < kExecutions; ++execution) {
    compare_bits(plan, execution, under_way.front().get(), expected[static_cast<size_t>(execution)]);
    under_way.pop_front();
  }
}

}  // namespace

void run_trial_job(Trial& trial, const TrialJob& job) {
  CompileOptions options;
  options.scheduler = job.scheduler;
  options.transport = job.transport;
  options.inflight = job.inflight;
  options.processes = job.processes;
  Plan plan;
  std::vector<std::vector<Tensor>> expected;
  try {
    const auto& transport = trial.catalogue().find(STRETTO_TRANSPORT, job.transport);
    const auto flags = static_cast<const stretto_transport_api*>(transport.raw->api)->flags;
    const Graph graph = trial_graph(job, (flags & STRETTO_TRANSPORT_DYNAMIC) != 0);
    plan = compile(graph, options, trial.catalogue());
    claim(hash(plan) == hash(compile(graph, options, trial.catalogue())),
          "one graph, compiled twice, gave two plans: a scheduler must be deterministic");
    expected = expected_values(trial, plan);
  } catch (const ClaimBroken&) {
    throw;
  } catch (const Error& error) {
    if (error.code() == Code::unavailable) throw NotTried(error.what());
    throw;
  }
  run_and_compare(trial, plan, expected);
}

}  // namespace stretto
