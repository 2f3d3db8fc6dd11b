// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// 1000 random graphs with random costs: the period under each scheduler, as a multiple of the lower bound. A table for
/// the README. An argument says how many graphs.

#include "rehearsal/period_bound.h"
#include "rehearsal/plugins.h"
#include "rehearsal/random_costs.h"
#include "rehearsal/rehearsal.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>

namespace stretto::testing {
namespace {

constexpr uint32_t kInflight = 16;

Plan plan_of(const Graph& graph, const std::string& scheduler) {
  CompileOptions options;
  options.scheduler = scheduler;
  options.inflight = kInflight;
  return compile(graph, options, all_plugins());
}

double period_of(const Plan& plan) { return rehearse(plan, 8 * kInflight).period(plan.max_offset()); }

void print(uint32_t slots, const char* scheduler, std::vector<double> ratios) {
  std::sort(ratios.begin(), ratios.end());
  double logarithms = 0;
  for (const double ratio : ratios) logarithms += std::log(ratio);
  const auto quantile = [&](double share) {
    return ratios[static_cast<size_t>(share * static_cast<double>(ratios.size() - 1))];
  };
  fmt::print("| {} | {} | {:.3f} | {:.3f} | {:.3f} | {:.3f} | {:.3f} | {:.3f} |\n", slots, scheduler,
             std::exp(logarithms / static_cast<double>(ratios.size())), quantile(0.1), quantile(0.5), quantile(0.9),
             quantile(0.99), ratios.back());
}

}  // namespace
}  // namespace stretto::testing

int main(int count, char** arguments) {
  using namespace stretto::testing;
  const uint64_t graphs = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1000;
  fmt::print("| slots | scheduler | geometric mean | 10 % | median | 90 % | 99 % | largest |\n");
  fmt::print("|--:|---|--:|--:|--:|--:|--:|--:|\n");
  double slowest = 0;
  for (const uint32_t slots : {1U, 2U, 3U}) {
    std::vector<double> ratios[3];
    const char* schedulers[] = {"serial", "ray_rule", "overlap"};
    for (uint64_t seed = 0; seed < graphs; ++seed) {
      const auto graph = random_costs(seed, slots);
      const double bound = period_bound(plan_of(graph, "apart"));
      for (size_t i = 0; i < 3; ++i) {
        const auto begin = std::chrono::steady_clock::now();
        const auto plan = plan_of(graph, schedulers[i]);
        slowest = std::max(slowest, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
        ratios[i].push_back(period_of(plan) / bound);
      }
    }
    for (size_t i = 0; i < 3; ++i) print(slots, schedulers[i], ratios[i]);
  }
  fmt::print("\n{} graphs; the slowest compilation took {:.2f} s\n", graphs, slowest);
}
