// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The reference job in the rig that one GPU allows: the senders' tensors lie in pinned host memory of other processes,
/// and the receiver's copy engine fetches them while cuBLAS multiplies. The senders cost nothing (rig.stamp), so N
/// executions take 3 N max(t, m) + min(t, m) at least, with t one transfer and m one product.
///
/// Four runs are open at once and measured in turn, after a warm-up: serial; Ray's rule and overlap, waiting for
/// each execution before the next is submitted; overlap. One JSON object on stdout: seconds, by mode and N. Every value
/// received is checked. Usage: gpu_overlap [repeats] [dimension]

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

const char* environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets the environment
  if (value == nullptr)
    throw Error(Code::invalid_argument, std::string(name) + " is not set; tests/gpu/run.py sets it");
  return value;
}

class Run {
 public:
  Run(const Mode& mode, int64_t dimension, Catalogue& catalogue) : inflight_(mode.inflight) {
    CompileOptions compiling;
    compiling.scheduler = mode.scheduler;
    compiling.inflight = mode.inflight;
    compiling.processes = true;
    RunOptions options;
    options.processes = true;
    options.actor_program = environment("STRETTO_PROGRAM");
    options.open = RunOptions::Seconds(60);
    runtime_.emplace(Runtime::open(compile(testing::copy_engine_job(dimension, mode.order), compiling, catalogue),
                                   catalogue, options));
    measure(8);  // every slot has been filled, every page touched
  }

  /// Seconds from the first submission to the last result.
  double measure(int executions) {
    const auto begin = std::chrono::steady_clock::now();
    std::deque<Future> futures;
    for (int i = 0; i < executions; ++i) {
      if (futures.size() >= inflight_) take(futures);
      futures.push_back(runtime_->execute({{kU8, {}, &start_, 1}}));
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
      const float expected = 1.0F + static_cast<float>(execution & 0x3ff) / 1024.0F;
      if (received != expected)
        throw Error(Code::internal, "execution " + std::to_string(execution) + ": received " +
                                        std::to_string(received) + ", expected " + std::to_string(expected));
    }
  }
  size_t inflight_;
  std::byte start_{0};
  std::optional<Runtime> runtime_;
};

void measure_all(int repeats, int64_t dimension) {
  Catalogue catalogue({environment("STRETTO_PLUGINS"), environment("STRETTO_TEST_PLUGINS")});
  std::deque<Run> runs;
  for (const auto& mode : kModes) runs.emplace_back(mode, dimension, catalogue);
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
    stretto::bench::measure_all(count > 1 ? std::atoi(arguments[1]) : 10, count > 2 ? std::atoll(arguments[2]) : 10000);
    return 0;
  } catch (const stretto::Error& error) {
    std::fprintf(stderr, "gpu_overlap: %s\n", error.what());
    return error.code() == stretto::Code::unavailable ? 3 : 1;
  }
}
