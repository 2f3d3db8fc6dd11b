// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The bubbles of pipelines under the scheduler overlap, beside those of the paper: a table for the README.

#include "rehearsal/pipeline.h"
#include "rehearsal/plugins.h"
#include "rehearsal/rehearsal.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace stretto::testing {
namespace {

struct Memory {
  const char* name;
  std::vector<uint32_t> (*slots)(uint32_t stages);
  double (*published)(const Passes& passes, double gaps);
};

const Memory kMemories[] = {
    {"p − s",
     [](uint32_t p) {
       std::vector<uint32_t> slots;
       for (uint32_t s = 0; s < p; ++s) slots.push_back(p - s);
       return slots;
     },
     [](const Passes& t, double gaps) { return gaps * (t.forward + t.input); }},
    {"p", [](uint32_t p) { return std::vector<uint32_t>(p, p); },
     [](const Passes& t, double gaps) { return gaps * std::max(t.forward, t.forward + t.input - t.weights); }},
    {"2p − 1", [](uint32_t p) { return std::vector<uint32_t>(p, 2 * p - 1); },
     [](const Passes& t, double gaps) { return gaps * t.forward; }},
};

void print(const Passes& passes, uint32_t stages, const Memory& memory) {
  CompileOptions options;
  options.inflight = 4 * stages;
  const auto begin = std::chrono::steady_clock::now();
  const Plan plan = compile(zero_bubble(passes, memory.slots(stages)), options, all_plugins());
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  fmt::print("| ({:g}, {:g}, {:g}) | {} | {} | {:g} |", passes.forward, passes.input, passes.weights, stages,
             memory.name, memory.published(passes, stages - 1));
  for (const uint32_t microbatches : {2 * stages, 4 * stages}) {
    const auto run = rehearse(plan, microbatches);
    if (!run.completes)
      fmt::print(" never ends |");
    else
      fmt::print(" {:.2f} |", run.makespan - microbatches * passes.all());
  }
  fmt::print(" {} | {:.2f} s |\n", plan.max_offset(), took);
}

}  // namespace
}  // namespace stretto::testing

int main() {
  using namespace stretto::testing;
  fmt::print(
      "| (F, B, W) | p | slots of F | published | m = 2p | m = 4p | offsets to | compiled in "
      "|\n|---|--:|---|--:|--:|--:|--:|--:|\n");
  for (const Passes& passes : {Passes{10, 10, 10}, Passes{10, 12, 8}})
    for (const uint32_t stages : {2U, 4U, 8U})
      for (const auto& memory : kMemories) print(passes, stages, memory);
}
