// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// How long compilation takes by nodes, and in how much memory: random graphs over 64 actors, each node reading one or
/// two earlier ones near it. Every row comes from a process of its own, so that its peak of memory is its own. Seconds
/// are the processor's. Reading the same graph from a job file is a table apart, as far as a job file may be that
/// large. Arguments: numbers of nodes; 1,000 to 1,000,000 without.

#include "job/job.h"
#include "stretto/catalogue.h"
#include "stretto/prediction.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fmt/ranges.h>
#include <fstream>
#include <random>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using namespace stretto;

/// Of the processor, that `body` takes.
template <class Body>
double seconds_of(const Body& body) {
  const auto now = [] {
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  };
  const double begin = now();
  body();
  return now() - begin;
}

/// The most memory that this process has held, in MiB.
long peak() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

double microseconds_each(double seconds, uint32_t nodes) { return 1e6 * seconds / nodes; }

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

void write_job(const Graph& graph, std::ostream& out) {
  out << "format = 1\n";
  for (const auto& actor : graph.actors) out << fmt::format("[actor.{}]\ndevice = \"cpu\"\n", actor.name);
  for (const auto& input : graph.inputs)
    out << fmt::format("[[input]]\nname = \"{}\"\ndtype = \"f32\"\nshape = {}\n", input.name, input.spec.shape);
  for (const auto& node : graph.nodes) {
    std::vector<std::string> names;
    for (const auto& value : node.inputs[0].values)
      names.push_back(value.from == ValueRef::From::node ? graph.nodes[value.index].name
                                                         : graph.inputs[value.index].name);
    out << fmt::format("[[node]]\nname = \"{}\"\non = \"{}\"\nop = \"{}\"\ninputs = {{ values = [\"{}\"] }}\n",
                       node.name, graph.actors[node.actor].name, node.op, fmt::join(names, "\", \""));
  }
  for (const auto& output : graph.outputs)
    out << fmt::format("[[output]]\nname = \"{}\"\nfrom = \"{}\"\n", output.name,
                       graph.nodes[output.fields[0].value.index].name);
}

void measure_compilation(uint32_t nodes, const char* scheduler, const char* plugins) {
  Catalogue catalogue({plugins});
  const Graph graph = draw(nodes);
  const long of_graph = peak();
  CompileOptions options;
  options.scheduler = scheduler;
  Plan plan;
  const double all = seconds_of([&] { plan = compile(graph, options, catalogue); });
  const long most = peak();
  const double verifying = seconds_of([&] { verify(plan); });
  const double predicting = seconds_of([&] { predict(plan); });
  fmt::print("| {} | {} | {} | {:.3f} | {:.1f} | {:.3f} | {:.3f} | {} | {} |\n", nodes, plan.steps.size(), scheduler,
             all, microseconds_each(all, nodes), verifying, predicting, of_graph, most);
}

void measure_reading(uint32_t nodes) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("stretto-compile-bench-{}.toml", getpid());
  std::ofstream out(path);
  write_job(draw(nodes), out);
  out.close();
  const auto bytes = std::filesystem::file_size(path);
  fmt::print("| {} | {:.1f} | ", nodes, static_cast<double>(bytes) / (1 << 20));
  try {
    const double reading = seconds_of([&] { read_job(path); });
    fmt::print("{:.3f} | {:.1f} | {} |\n", reading, microseconds_each(reading, nodes), peak());
  } catch (const Error&) {
    fmt::print("refused | | |\n");  // a job file has its limit
  }
  std::filesystem::remove(path);
}

/// Whether `body`, run in a process of its own, came to its end.
template <class Body>
bool apart(const Body& body) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    body();
    std::fflush(stdout);
    _exit(0);
  }
  int status = 1;
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

}  // namespace

int main(int argc, char** argv) {
  const char* plugins = std::getenv("STRETTO_PLUGINS");
  if (plugins == nullptr) {
    fmt::print(stderr, "STRETTO_PLUGINS is not set; run it by meson test --benchmark\n");
    return 1;
  }
  std::vector<uint32_t> sizes;
  for (int i = 1; i < argc; ++i) sizes.push_back(static_cast<uint32_t>(std::atoi(argv[i])));
  if (sizes.empty()) sizes = {1000, 10000, 100000, 1000000};
  bool ended = true;
  fmt::print(
      "| nodes | steps | scheduler | compiled, s | µs per node | of which verified, s | predicted, s | graph, MiB | "
      "peak, MiB |\n|--:|--:|---|--:|--:|--:|--:|--:|--:|\n");
  for (const uint32_t nodes : sizes)
    for (const char* scheduler : {"serial", "overlap"})
      ended = apart([&] { measure_compilation(nodes, scheduler, plugins); }) && ended;
  fmt::print("\n| nodes | job file, MiB | read, s | µs per node | peak, MiB |\n|--:|--:|--:|--:|--:|\n");
  for (const uint32_t nodes : sizes) ended = apart([&] { measure_reading(nodes); }) && ended;
  return ended ? 0 : 1;
}
