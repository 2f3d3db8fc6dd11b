// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job_to_plan.h"

#include "drawn_job.h"
#include "job/cost_file.h"
#include "job/job.h"
#include "job/npy.h"
#include "job/overlay.h"
#include "loader/text.h"
#include "rehearsal/plugins.h"
#include "stretto/catalogue.h"
#include "stretto/prediction.h"

#include <algorithm>
#include <fmt/format.h>

namespace stretto::fuzz {
namespace {

// What is larger is read alone: that a plan takes time and memory in proportion to its graph, `compile_bench` shows.
constexpr size_t kMostCompiled = 200;
// It searches, for a tenth of a second where there is much to choose: that many inputs would take all the time.
constexpr size_t kMostOverlapped = 24;
constexpr size_t kLongestMessage = 4096;

void hold(bool holds, const std::string& what) {
  if (!holds) throw Broken(what);
}

/// What a user can act on: the job is wrong, something is missing here, or too much is asked for.
bool allowed(Code code) {
  return code == Code::invalid_argument || code == Code::unavailable || code == Code::overloaded;
}

/// Runs `body`, which may throw an Error that a user can act on.
template <class Body>
void accept_or_refuse(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    const std::string_view message = error.what();
    hold(allowed(error.code()), fmt::format("refused with the code '{}': {}", to_text(error.code()), message));
    hold(!message.empty(), "refused without a word");
    hold(message.size() <= kLongestMessage, fmt::format("refused with {} bytes: {}", message.size(), message));
    hold(is_utf8(message), fmt::format("refused with what is no UTF-8: {}", escaped(message)));
    hold(std::none_of(message.begin(), message.end(), [](char letter) { return letter == '\0' || letter == '\x1b'; }),
         fmt::format("refused with control characters: {}", escaped(message)));
  }
}

/// A plan that was verified, on its way to a file and back.
void keep(const Plan& plan) {
  const auto text = to_json(plan);
  const auto again = plan_from_json(text);
  hold(hash(again) == hash(plan), "a plan read back has another hash");
  hold(to_json(again) == text, "a plan read back is written in another way");
  try {
    verify(again);
  } catch (const Error& error) {
    throw Broken(fmt::format("a plan that was verified is refused once it is read back: {}", error.what()));
  }
}

void foretell(const Plan& plan) {
  const double period = predict(plan).period;
  hold(period >= 0, fmt::format("a period of {} is predicted", period));
  const double makespan = simulate(plan, 3).makespan;
  hold(makespan >= 0, fmt::format("a makespan of {} is predicted", makespan));
}

size_t size_of(const Graph& graph) {
  size_t size = graph.actors.size() + graph.inputs.size() + graph.nodes.size();
  for (const auto& node : graph.nodes)
    for (const auto& port : node.inputs) size += port.values.size();
  for (const auto& output : graph.outputs) size += output.fields.size();
  return size;
}

void compile_under(const Graph& graph, CompileOptions options, const std::string& scheduler) {
  if (options.scheduler != scheduler) {
    std::erase_if(options.components, [](const auto& component) { return component.kind == "scheduler"; });
    options.scheduler = scheduler;
  }
  accept_or_refuse([&] {
    const auto plan = compile(graph, options, testing::all_plugins());
    keep(plan);
    foretell(plan);
  });
}

void try_job(std::string_view text) {
  std::vector<std::string> sets;
  while (text.starts_with(kSet)) {
    const auto end = std::min(text.find('\n'), text.size());
    sets.emplace_back(text.substr(kSet.size(), end - kSet.size()));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  const auto behind = text.find(kWith);
  const std::string path = STRETTO_FUZZ_BESIDE "/job.toml";
  accept_or_refuse([&] {
    auto written = parse_toml(text.substr(0, behind), path);
    if (behind != std::string_view::npos) merge(written, parse_toml(text.substr(behind + kWith.size()), path));
    for (const auto& assignment : sets) set(written, assignment);
    const auto job = job_of(written, path);
    if (size_of(job.graph) > kMostCompiled) return;
    const auto written_as = job.compile.scheduler;
    if (written_as != "overlap") compile_under(job.graph, job.compile, written_as);
    if (size_of(job.graph) <= kMostOverlapped) compile_under(job.graph, job.compile, "overlap");
    if (written_as != "serial") compile_under(job.graph, job.compile, "serial");
  });
}

void try_costs(std::string_view text) {
  accept_or_refuse([&] {
    const auto costs = to_toml(costs_of(parse_toml(text, "costs.toml")));
    hold(to_toml(costs_of(parse_toml(costs, "again.toml"))) == costs, "costs read back are others: " + costs);
  });
}

void try_array(std::string_view bytes) {
  accept_or_refuse([&] {
    const auto tensor = parse_npy(bytes, "array.npy");
    hold(bytes_of(tensor.dtype, tensor.shape) == tensor.bytes.size(), "an array whose bytes do not fit its shape");
  });
}

void try_plan(std::string_view text) {
  accept_or_refuse([&] {
    const auto plan = plan_from_json(std::string(text));
    verify(plan);
    keep(plan);
    foretell(plan);
  });
}

}  // namespace

void job_to_plan(std::string_view input) {
  if (input.starts_with('\x93')) return try_array(input);
  if (input.starts_with('{')) return try_plan(input);
  if (input.starts_with(kCosts)) return try_costs(input);
  if (input.starts_with(kDrawn)) return try_job(drawn_job(input.substr(kDrawn.size())));
  try_job(input);
}

}  // namespace stretto::fuzz
