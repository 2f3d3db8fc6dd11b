// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What it brings to capture a row of small nodes: microseconds from execution to execution, and of the processors in
/// each, with `capture` off and on. On one GPU, or on several in turn, `kStretch` nodes on each, where NCCL brings the
/// value from one to the next and is captured with them. Both runs are open at once and measured in turn, after a
/// warm-up. Every result is checked. One JSON object on stdout: samples, by mode.
/// Usage: gpu_capture [repeats] [nodes] [GPUs]

#include "environment.h"
#include "stretto/catalogue.h"
#include "stretto/runtime.h"

#include <cstdio>
#include <cstring>
#include <ctime>
#include <deque>
#include <optional>

namespace stretto::bench {
namespace {

constexpr uint32_t kInflight = 4;
constexpr int kExecutions = 200;
constexpr int64_t kElements = 1024;
constexpr int kStretch = 4;

/// Twice and half in turn: the result is the input, where the number of nodes is even.
Graph row(int nodes, int gpus) {
  GraphBuilder build("row");
  ValueRef value = build.input("x", {kF32, {kElements}, 0, false});
  std::vector<ActorHandle> actors;
  for (int i = 0; i < gpus; ++i) actors.push_back(build.actor("gpu" + std::to_string(i), "cuda", i));
  for (int i = 0; i < nodes; ++i)
    value = build.node("step" + std::to_string(i), actors[static_cast<size_t>(i / kStretch % gpus)], "tensor.scale")
                .bind("x", value)
                .arg("factor", i % 2 == 0 ? 2.0 : 0.5)
                .value();
  build.output("y", value);
  return build.take();
}

struct Sample {
  double wall;  ///< microseconds of one execution
  double processors;
};

double processor_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + 1e-9 * static_cast<double>(used.tv_nsec);
}

class Run {
 public:
  Run(const std::string& capture, int nodes, int gpus, Catalogue& catalogue) : input_(kElements) {
    CompileOptions options;
    options.scheduler = "serial";  // one execution after another: what overlap interleaves is in no row
    options.inflight = kInflight;
    Arguments device;
    device["capture"].value = capture;
    options.components.push_back({"device", "cuda", device, {}});
    if (gpus > 1) {
      options.transport = "nccl";
      Arguments nccl;
      nccl["capture"].value = true;
      options.components.push_back({"transport", "nccl", nccl, {}});
    }
    const Plan plan = compile(row(nodes, gpus), options, catalogue);
    for (const auto& actor : plan.actors)
      std::fprintf(stderr, "%s: capture %s\n", actor.name.c_str(), actor.capture.c_str());
    runtime_.emplace(Runtime::open(plan, catalogue, {}));
    measure();
  }

  Sample measure() {
    const auto begin = std::chrono::steady_clock::now();
    const double used = processor_seconds();
    std::deque<Future> futures;
    for (int i = 0; i < kExecutions; ++i) {
      if (futures.size() >= kInflight) take(futures);
      std::fill(input_.begin(), input_.end(), static_cast<float>(i));
      futures.push_back(
          runtime_->execute({{kF32, {kElements}, reinterpret_cast<std::byte*>(input_.data()), 4 * input_.size()}}));
    }
    while (!futures.empty()) take(futures);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    taken_ = 0;
    return {seconds * 1e6 / kExecutions, (processor_seconds() - used) * 1e6 / kExecutions};
  }

 private:
  void take(std::deque<Future>& futures) {
    const auto results = futures.front().get();
    futures.pop_front();
    float last = 0;
    std::memcpy(&last, results[0].bytes.data() + results[0].bytes.size() - sizeof last, sizeof last);
    if (last != static_cast<float>(taken_))
      throw Error(Code::internal, "received " + std::to_string(last) + ", expected " + std::to_string(taken_));
    ++taken_;
  }
  std::vector<float> input_;
  int taken_ = 0;
  std::optional<Runtime> runtime_;
};

void print(const char* mode, const std::vector<Sample>& samples) {
  std::printf("\"%s\": {", mode);
  for (const bool wall : {true, false}) {
    std::printf("%s\"%s\": [", wall ? "" : ", ", wall ? "wall" : "processors");
    for (size_t i = 0; i < samples.size(); ++i)
      std::printf("%s%.3f", i == 0 ? "" : ", ", wall ? samples[i].wall : samples[i].processors);
    std::printf("]");
  }
  std::printf("}");
}

void measure_all(int repeats, int nodes, int gpus) {
  Catalogue catalogue({environment("STRETTO_PLUGINS")});
  Run off("off", nodes, gpus, catalogue), on("on", nodes, gpus, catalogue);
  std::vector<Sample> without, with;
  for (int i = 0; i < repeats; ++i) {
    without.push_back(off.measure());
    with.push_back(on.measure());
  }
  std::printf("{\"nodes\": %d, \"gpus\": %d, ", nodes, gpus);
  print("off", without);
  std::printf(", ");
  print("on", with);
  std::printf("}\n");
}

}  // namespace
}  // namespace stretto::bench

int main(int count, char** arguments) {
  try {
    stretto::bench::measure_all(count > 1 ? std::atoi(arguments[1]) : 20, count > 2 ? std::atoi(arguments[2]) : 64,
                                count > 3 ? std::atoi(arguments[3]) : 1);
    return 0;
  } catch (const stretto::Error& error) {
    std::fprintf(stderr, "gpu_capture: %s\n", error.what());
    return error.code() == stretto::Code::unavailable ? 3 : 1;
  }
}
