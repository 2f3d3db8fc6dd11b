// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "job/job.h"

#include "job/cost_file.h"
#include "job/feed.h"
#include "job/graph_reader.h"
#include "job/overlay.h"
#include "job/schema.h"

#include <filesystem>
#include <fmt/format.h>

namespace stretto {

namespace {

Written read_with_overlays(const std::string& path, const Overlays& overlays) {
  auto root = read_toml(path);
  for (const auto& file : overlays.files) merge(root, read_toml(file));
  for (const auto& text : overlays.sets) set(root, text);
  return root;
}

/// A path of --set is the caller's: relative to where the command runs.
Costs costs_of(const std::string& written, const Place& place) {
  std::filesystem::path file(written);
  if (file.is_relative() && place.line != 0) file = std::filesystem::path(*place.file).parent_path() / file;
  try {
    return read_costs(file.string());
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with(file.string())) throw;  // it has a position in that file
    reject(place, fmt::format("'costs': {}", error.what()));
  }
}

void read_compile(const Section& compile, CompileOptions& options) {
  options.scheduler = *compile.get<std::string>("scheduler");
  options.transport = *compile.get<std::string>("transport");
  options.driver_transport = *compile.get<std::string>("driver_transport");
  options.inflight = static_cast<uint32_t>(*compile.get<int64_t>("inflight"));
  if (const auto costs = compile.get<std::string>("costs")) options.costs = costs_of(*costs, compile.place("costs"));
  options.scheduler_source = compile.place("scheduler").source();
  options.transport_source = compile.place("transport").source();
  options.driver_transport_source = compile.place("driver_transport").source();
}

void read_components(const Section& root, CompileOptions& options) {
  for (const char* kind : {"transport", "scheduler", "device", "ops"}) {
    const auto* components = root.written(kind);
    if (components == nullptr) continue;
    for (const auto& [name, place, table] : *components->as<Written::Table>()) {
      ComponentOptions component{kind, name, {}, place.source()};
      for (const auto& [key, key_place, value] : *table.as<Written::Table>())
        component.options[key] = to_argument(value, fmt::format("'{}'", key));
      options.components.push_back(std::move(component));
    }
  }
}

void read_feeds(const Section& root, Job& job) {
  job.feeds.resize(job.graph.inputs.size());
  const auto* inputs = root.written("input");
  for (size_t i = 0; i < job.feeds.size(); ++i)
    if (const auto* feed = (*inputs->as<Written::List>())[i].find("feed"))
      job.feeds[i] = read_feed(*feed, job.graph.inputs[i]);
}

}  // namespace

void read_run(const Section& run, Job& job) {
  job.executions = *run.get<int64_t>("executions");
  job.run.processes = *run.get<std::string>("actors") == "processes";
  job.compile.processes = job.run.processes;
  const auto seconds = [&](const char* key) { return RunOptions::Seconds(*run.get<double>(key)); };
  job.run.open = seconds("open");
  job.run.submit = seconds("submit");
  job.run.get = seconds("get");
  job.run.progress = seconds("progress");
  job.run.close = seconds("close");
}

Job job_of(const Written& written, const std::string& path) {
  check_job(written);
  const Section root(&written, job_schema());
  Job job;
  job.graph.name = root.get<std::string>("name").value_or(std::filesystem::path(path).stem().string());
  read_compile(root.section("compile"), job.compile);
  read_run(root.section("run"), job);
  read_components(root, job.compile);
  read_graph(root, job);
  read_feeds(root, job);
  return job;
}

Job read_job(const std::string& path, const Overlays& overlays) {
  return job_of(read_with_overlays(path, overlays), path);
}

}  // namespace stretto
