// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// How long compilation takes from the builder, by nodes: random graphs over 64 actors, each node reading one or two
/// earlier ones near it. Prints seconds in all, of the verifier alone, and of prediction, and the peak of memory.
/// Arguments: numbers of nodes; 1,000, 10,000 and 100,000 without.

#include "stretto/catalogue.h"
#include "stretto/prediction.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <sys/resource.h>

namespace {

using namespace stretto;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Graph draw(uint32_t nodes) {
  constexpr uint32_t kActors = 64;
  std::mt19937_64 random(nodes);
  GraphBuilder build("large");
  std::vector<ActorHandle> actors;
  for (uint32_t i = 0; i < kActors; ++i) actors.push_back(build.actor("a" + std::to_string(i)));
  const auto input = build.input("x", {kF32, {16}, 0, false});
  std::vector<ValueRef> values;
  std::vector<bool> read(nodes, false);
  for (uint32_t node = 0; node < nodes; ++node) {
    std::vector<ValueRef> inputs;
    for (uint64_t i = 1 + random() % 2; i > 0 && node > 0; --i) {
      const auto from = node - 1 - static_cast<uint32_t>(random() % std::min(node, 200U));
      inputs.push_back(values[from]);
      read[from] = true;
    }
    if (inputs.empty()) inputs.push_back(input);
    values.push_back(build.node("n" + std::to_string(node), actors[random() % kActors], "tensor.add")
                         .bind("values", inputs)
                         .value());
  }
  for (uint32_t node = 0; node < nodes; ++node)
    if (!read[node]) build.output("y" + std::to_string(node), values[node]);
  return build.take();
}

void measure(uint32_t nodes, Catalogue& catalogue) {
  for (const char* scheduler : {"serial", "overlap"}) {
    const Graph graph = draw(nodes);
    CompileOptions options;
    options.scheduler = scheduler;
    auto begin = std::chrono::steady_clock::now();
    const Plan plan = compile(graph, options, catalogue);
    const double all = seconds_since(begin);
    begin = std::chrono::steady_clock::now();
    verify(plan);
    const double verifying = seconds_since(begin);
    begin = std::chrono::steady_clock::now();
    const double period = predict(plan).period;
    const double predicting = seconds_since(begin);
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf(
        "%8u nodes, %8zu steps, %-8s compiled in %7.3f s, of which verified %7.3f s; predicted in %7.3f s "
        "(period %.3f s); peak %ld MiB\n",
        nodes, plan.steps.size(), scheduler, all, verifying, predicting, period, usage.ru_maxrss / 1024);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const char* plugins = std::getenv("STRETTO_PLUGINS");
  if (plugins == nullptr) {
    std::fprintf(stderr, "STRETTO_PLUGINS is not set; run it by meson test --benchmark\n");
    return 1;
  }
  Catalogue catalogue({plugins});
  if (argc == 1)
    for (const uint32_t nodes : {1000U, 10000U, 100000U}) measure(nodes, catalogue);
  for (int i = 1; i < argc; ++i) measure(static_cast<uint32_t>(std::atoi(argv[i])), catalogue);
}
