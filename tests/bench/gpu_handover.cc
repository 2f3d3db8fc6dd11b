// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What it takes to hand a tensor over between two actors that share a GPU: from the end of the op that made it to the
/// start of the op that reads it.
///
/// A chain of links: `a` fills a tensor with a number, `b` reads its first element and gives the number back; each link
/// is two hand-overs, one of the whole tensor, one of four bytes. Beside it runs the same chain with both on one actor,
/// where nothing is handed over. A long chain less a short one leaves out what an execution costs once; what the chain
/// apart then takes longer than the one together is its hand-overs'. Ops and issuing are in both, and one execution is
/// under way at a time.
///
/// Four runs of each mode are open at once and take turns, so each repeat is one estimate. One JSON object on stdout:
/// seconds by hand-over, by mode. Every number that comes back is checked.
/// Usage: gpu_handover [repeats] [bytes] [links]

#include "environment.h"
#include "stretto/catalogue.h"
#include "stretto/runtime.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

namespace stretto::bench {
namespace {

struct Mode {
  const char* name;
  bool processes;
  bool staged;
  int most_links;  ///< staged, every tensor has pinned memory of the host's too
};
constexpr Mode kModes[] = {{"threads", false, false, 1000},
                           {"processes", true, false, 1000},
                           {"processes, staged through the host", true, true, 3}};

Graph chain(int links, bool apart, int64_t bytes) {
  GraphBuilder build(apart ? "apart" : "together");
  const auto a = build.actor("a", "cuda", 0);
  const auto b = apart ? build.actor("b", "cuda", 0) : a;
  ValueRef number = build.input("number", {kF32, {}, sizeof(float), false});
  for (int link = 0; link < links; ++link) {
    const std::string name = std::to_string(link);
    const auto made = build.node("make" + name, a, "tensor.fill")
                          .bind("value", number)
                          .arg("shape", std::vector<int64_t>{bytes / static_cast<int64_t>(sizeof(float))})
                          .arg("dtype", std::string("f32"))
                          .value();
    number = build.node("look" + name, b, "tensor.describe").bind("x", made).value("value");
  }
  build.output("number", number);
  return build.take();
}

class Run {
 public:
  Run(const Mode& mode, int links, bool apart, int64_t bytes, Catalogue& catalogue) {
    CompileOptions compiling;
    compiling.scheduler = "serial";
    compiling.transport = "shm";
    compiling.inflight = 1;
    compiling.processes = mode.processes;
    if (mode.staged) {
      Arguments shm;
      shm["device_slots"].value = false;
      compiling.components.push_back({"transport", "shm", shm, {}});
    }
    RunOptions options;
    options.processes = mode.processes;
    options.actor_program = environment("STRETTO_PROGRAM");
    options.open = RunOptions::Seconds(60);
    runtime_ = std::make_unique<Runtime>(
        Runtime::open(compile(chain(links, apart, bytes), compiling, catalogue), catalogue, options));
    for (int i = 0; i < 5; ++i) measure();
  }

  /// Seconds of one execution.
  double measure() {
    number_ += 1;
    const auto begin = std::chrono::steady_clock::now();
    const auto results = runtime_->execute({{kF32, {}, reinterpret_cast<std::byte*>(&number_), sizeof number_}}).get();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    float found = 0;
    std::memcpy(&found, results.at(0).bytes.data(), sizeof found);
    if (found != number_)
      throw Error(Code::internal, "sent " + std::to_string(number_) + " round, and got " + std::to_string(found));
    return seconds;
  }

 private:
  float number_ = 0;
  std::unique_ptr<Runtime> runtime_;
};

/// Seconds by hand-over, one for each repeat.
std::vector<double> estimates(const Mode& mode, int repeats, int64_t bytes, int links, Catalogue& catalogue) {
  const int more = std::max(2, std::min(links, mode.most_links));
  Run short_apart(mode, 1, true, bytes, catalogue), long_apart(mode, more, true, bytes, catalogue);
  Run short_together(mode, 1, false, bytes, catalogue), long_together(mode, more, false, bytes, catalogue);
  std::vector<double> seconds;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const double apart = long_apart.measure() - short_apart.measure();
    const double together = long_together.measure() - short_together.measure();
    seconds.push_back((apart - together) / (2.0 * (more - 1)));
  }
  return seconds;
}

void measure_all(int repeats, int64_t bytes, int links) {
  Catalogue catalogue({environment("STRETTO_PLUGINS")});
  std::printf("{\"bytes\": %lld", static_cast<long long>(bytes));
  for (const auto& mode : kModes) {
    std::printf(", \"%s\": [", mode.name);
    const char* comma = "";
    for (const double seconds : estimates(mode, repeats, bytes, links, catalogue)) {
      std::printf("%s%.9f", comma, seconds);
      comma = ", ";
    }
    std::printf("]");
  }
  std::printf("}\n");
}

}  // namespace
}  // namespace stretto::bench

int main(int count, char** arguments) {
  try {
    stretto::bench::measure_all(count > 1 ? std::atoi(arguments[1]) : 200,
                                count > 2 ? std::atoll(arguments[2]) : 200'000'000,
                                count > 3 ? std::atoi(arguments[3]) : 17);
    return 0;
  } catch (const stretto::Error& error) {
    std::fprintf(stderr, "gpu_handover: %s\n", error.what());
    return error.code() == stretto::Code::unavailable ? 3 : 1;
  }
}
