// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The reference job. In the rig that one GPU allows ("copy"), the senders' tensors lie in pinned host memory of other
/// processes, and the receiver's copy engine fetches them while cuBLAS multiplies; the senders cost nothing
/// (rig.stamp). With a GPU for each of them and for the receiver ("nccl"), they fill theirs, and NCCL carries them. N
/// executions take 3 N max(t, m) + min(t, m) at least, with t one transfer and m one product.
///
/// Four runs are open at once and measured in turn, after a warm-up: serial; Ray's rule and overlap, waiting for
/// each execution before the next is submitted; overlap. One JSON object on stdout: seconds, by mode and N. Every value
/// received is checked. Usage: gpu_overlap copy|nccl [repeats] [dimension]

#include "environment.h"
#include "rehearsal/copy_engine.h"
#include "stretto/catalogue.h"
#include "stretto/runtime.h"

#include <cstdio>
#include <cstring>
#include <deque>
#include <optional>

namespace stretto::bench {
namespace {

struct Mode {
  const char* name;
  const char* scheduler;
  uint32_t inflight;
  testing::CopyEngineOrder order = testing::CopyEngineOrder::by_branch;
};
constexpr Mode kModes[] = {{"serial", "serial", 4},
                           {"Ray's rule, one at a time", "ray_rule", 1, testing::CopyEngineOrder::products_first},
                           {"overlap, one at a time", "overlap", 1},
                           {"overlap", "overlap", 4}};

/// As examples/reference/job.toml with gpu.toml, with its outputs in the order of copy_engine_job's.
Graph reference_job(int64_t dimension) {
  GraphBuilder build("reference");
  const auto level = build.input("level", {kF32, {}});
  const auto receiver = build.actor("receiver", "cuda", testing::kCopyEngineSenders);
  std::vector<ValueRef> made;
  std::vector<ValueRef> products;
  for (int i = 0; i < testing::kCopyEngineSenders; ++i) {
    const auto sender = build.actor("sender" + std::to_string(i), "cuda", i);
    made.push_back(build.node("make" + std::to_string(i), sender, "tensor.fill")
                       .bind("value", level)
                       .arg("shape", std::vector<int64_t>{dimension, dimension})
                       .arg("dtype", "f16")
                       .value());
  }
  for (size_t i = 0; i < made.size(); ++i) {
    auto node = build.node("multiply" + std::to_string(i), receiver, "blas.matmul").bind("a", made[i]);
    products.push_back(node.bind("b", made[i]).value());
  }
  for (size_t i = 0; i < made.size(); ++i) {
    const auto name = std::to_string(i);
    const auto received = build.node("received" + name, receiver, "tensor.describe").bind("x", made[i]);
    const auto described = build.node("product" + name, receiver, "tensor.describe").bind("x", products[i]);
    build.output("branch" + name, received.value("value"));
    build.output("squared" + name, described.value("value"));
  }
  return build.take();
}

class Run {
 public:
  Run(const Mode& mode, bool by_nccl, int64_t dimension, Catalogue& catalogue)
      : inflight_(mode.inflight), by_nccl_(by_nccl) {
    CompileOptions compiling;
    if (by_nccl) compiling.transport = "nccl";
    compiling.scheduler = mode.scheduler;
    compiling.inflight = mode.inflight;
    compiling.processes = true;
    RunOptions options;
    options.processes = true;
    options.actor_program = environment("STRETTO_PROGRAM");
    options.open = RunOptions::Seconds(60);
    const Graph graph = by_nccl ? reference_job(dimension) : testing::copy_engine_job(dimension, mode.order);
    runtime_.emplace(Runtime::open(compile(graph, compiling, catalogue), catalogue, options));
    measure(8);  // every slot has been filled, every page touched
  }

  /// Seconds from the first submission to the last result.
  double measure(int executions) {
    const auto begin = std::chrono::steady_clock::now();
    std::deque<Future> futures;
    for (int i = 0; i < executions; ++i) {
      if (futures.size() >= inflight_) take(futures);
      float level = level_of(submitted_++);
      auto* bytes = reinterpret_cast<std::byte*>(&level);
      futures.push_back(by_nccl_ ? runtime_->execute({{kF32, {}, bytes, sizeof level}})
                                 : runtime_->execute({{kU8, {}, bytes, 1}}));
    }
    while (!futures.empty()) take(futures);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

 private:
  static void take(std::deque<Future>& futures) {
    const auto execution = futures.front().execution();
    const auto results = futures.front().get();
    futures.pop_front();
    for (int i = 0; i < testing::kCopyEngineSenders; ++i) {
      float received = 0;
      std::memcpy(&received, results[static_cast<size_t>(2 * i)].bytes.data(), sizeof received);
      const float expected = level_of(execution);
      if (received != expected)
        throw Error(Code::internal, "execution " + std::to_string(execution) + ": received " +
                                        std::to_string(received) + ", expected " + std::to_string(expected));
    }
  }
  /// As rig.stamp has it: each execution's own, and exact in f16.
  static float level_of(int64_t execution) { return 1.0F + static_cast<float>(execution & 0x3ff) / 1024.0F; }

  size_t inflight_;
  bool by_nccl_;
  int64_t submitted_ = 0;
  std::optional<Runtime> runtime_;
};

void measure_all(bool by_nccl, int repeats, int64_t dimension) {
  Catalogue catalogue({environment("STRETTO_PLUGINS"), environment("STRETTO_TEST_PLUGINS")});
  std::deque<Run> runs;
  for (const auto& mode : kModes) runs.emplace_back(mode, by_nccl, dimension, catalogue);
  std::string text = "{";
  for (const int executions : {5, 50}) {
    std::vector<std::vector<double>> seconds(runs.size());
    for (int repeat = 0; repeat < repeats; ++repeat)
      for (size_t mode = 0; mode < runs.size(); ++mode) seconds[mode].push_back(runs[mode].measure(executions));
    text += std::string(text.size() > 1 ? ", " : "") + "\"" + std::to_string(executions) + "\": {";
    for (size_t mode = 0; mode < runs.size(); ++mode) {
      text += std::string(mode != 0 ? ", " : "") + "\"" + kModes[mode].name + "\": [";
      for (size_t i = 0; i < seconds[mode].size(); ++i) text += (i != 0 ? ", " : "") + std::to_string(seconds[mode][i]);
      text += "]";
    }
    text += "}";
  }
  std::printf("%s}\n", text.c_str());
}

}  // namespace
}  // namespace stretto::bench

int main(int count, char** arguments) {
  try {
    const std::string rig = count > 1 ? arguments[1] : "copy";
    if (rig != "copy" && rig != "nccl")
      throw stretto::Error(stretto::Code::invalid_argument, "found '" + rig + "', expected copy or nccl");
    stretto::bench::measure_all(rig == "nccl", count > 2 ? std::atoi(arguments[2]) : 10,
                                count > 3 ? std::atoll(arguments[3]) : 10000);
    return 0;
  } catch (const stretto::Error& error) {
    std::fprintf(stderr, "gpu_overlap: %s\n", error.what());
    return error.code() == stretto::Code::unavailable ? 3 : 1;
  }
}
