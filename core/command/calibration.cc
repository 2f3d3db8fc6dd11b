// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/calibration.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <numeric>

namespace stretto {

namespace {

constexpr uint64_t kLeastLargeProbe = 1ULL << 20;

/// The median over the runs of a step's means; nothing where it was not recorded.
std::optional<double> mean_of(const std::vector<std::vector<MeasuredStep>>& runs, size_t step) {
  std::vector<double> means;
  for (const auto& run : runs)
    if (run[step].count != 0) means.push_back(run[step].mean);
  if (means.empty()) return std::nullopt;
  return median(std::move(means));
}

double mean(const std::vector<double>& samples) {
  return std::accumulate(samples.begin(), samples.end(), 0.0) / static_cast<double>(samples.size());
}

using Samples = std::map<std::string, std::vector<double>>;

std::string name_of_device(const Plan& plan, uint32_t actor) {
  return plan.components[static_cast<size_t>(plan.actors[actor].device)].name;
}

std::string probe_name(size_t link, bool large) { return fmt::format("link{}_{}", link, large ? "large" : "small"); }

/// Seconds of the RECEIVE of a probe's value.
std::optional<double> probe_seconds(const Plan& plan, const std::vector<std::vector<MeasuredStep>>& runs,
                                    const std::string& node, uint32_t reader) {
  for (size_t id = 0; id < plan.steps.size(); ++id) {
    const Step& step = plan.steps[id];
    if (step.kind != StepKind::receive || step.actor != reader) continue;
    if (plan.values[plan.channels[static_cast<size_t>(step.channel)].value].name == node) return mean_of(runs, id);
  }
  return std::nullopt;
}

}  // namespace

std::vector<LinkUse> links_of(const Plan& plan) {
  std::map<std::tuple<std::string, uint32_t, uint32_t>, uint64_t> largest;
  for (const Channel& channel : plan.channels) {
    if (channel.shares_slots || channel.writer == plan.driver()) continue;
    for (const auto& reader : channel.readers)
      if (reader.actor != plan.driver()) {
        uint64_t& bytes = largest[{plan.components[channel.transport].name, channel.writer, reader.actor}];
        bytes = std::max(bytes, plan.rings[channel.ring].slot_bytes);
      }
  }
  std::vector<LinkUse> links;
  for (const auto& [key, bytes] : largest)
    links.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), bytes});
  return links;
}

Costs costs_of(const Plan& plan, const std::vector<std::vector<MeasuredStep>>& runs) {
  std::map<std::string, Samples> ops;  // by device, by call
  Samples sends;
  Samples latencies;
  for (size_t id = 0; id < plan.steps.size(); ++id) {
    const Step& step = plan.steps[id];
    const auto seconds = mean_of(runs, id);
    if (!seconds) continue;
    if (step.kind == StepKind::compute && step.node >= 0) {
      ops[name_of_device(plan, step.actor)][cost_keys(plan, static_cast<uint32_t>(step.node)).front()].push_back(
          *seconds);
    } else if (step.channel >= 0) {
      const Channel& channel = plan.channels[static_cast<size_t>(step.channel)];
      const std::string& transport = plan.components[channel.transport].name;
      if (step.kind == StepKind::send && !channel.rendezvous) sends[transport].push_back(*seconds);
      if (step.kind == StepKind::receive && channel.shares_slots && channel.writer != plan.driver())
        latencies[transport].push_back(*seconds);
    }
  }
  Costs costs;
  // Means over the steps: what they take together is what a lane takes.
  for (const auto& [device, calls] : ops)
    for (const auto& [key, samples] : calls) costs.devices[device].ops[key] = mean(samples);
  for (const auto& [transport, samples] : sends) costs.transports[transport].send = mean(samples);
  for (const auto& [transport, samples] : latencies) costs.transports[transport].latency = mean(samples);
  return costs;
}

uint64_t large_probe(const LinkUse& link) { return std::max(link.bytes, kLeastLargeProbe); }

Graph probe_graph(const Plan& plan, const std::vector<LinkUse>& links) {
  GraphBuilder build("probe");
  std::vector<ActorHandle> actors;
  for (uint32_t actor = 0; actor < plan.driver(); ++actor)
    actors.push_back(
        build.actor(plan.actors[actor].name, name_of_device(plan, actor), plan.actors[actor].device_index));
  const auto level = build.input("level", {kU8, {}, 1, false});
  for (size_t i = 0; i < links.size(); ++i)
    for (const bool large : {false, true}) {
      ChannelOptions channel;
      channel.transport = links[i].transport;
      const auto bytes = static_cast<int64_t>(large ? large_probe(links[i]) : kSmallProbe);
      const auto value = build.node(probe_name(i, large), actors[links[i].from], "tensor.fill")
                             .bind("value", level)
                             .arg("shape", std::vector<int64_t>{bytes})
                             .arg("dtype", "u8")
                             .channel(channel)
                             .value();
      const auto name = probe_name(i, large) + "_read";
      build.output(name, build.node(name, actors[links[i].to], "tensor.checksum").bind("x", value).value());
    }
  // Every actor of the job takes part, so that the machine is as full as it is in the job; one without a link still
  // needs something to do.
  for (uint32_t actor = 0; actor < actors.size(); ++actor) {
    const auto name = fmt::format("present{}", actor);
    build.output(name, build.node(name, actors[actor], "tensor.copy").bind("x", level).value());
  }
  Graph graph = build.take();
  for (uint32_t actor = 0; actor < actors.size(); ++actor) graph.actors[actor].launch = plan.actors[actor].launch;
  return graph;
}

void add_links(Costs& costs, const std::vector<LinkUse>& links, const Plan& plan,
               const std::vector<std::vector<MeasuredStep>>& runs) {
  Samples latencies;
  Samples bandwidths;
  for (size_t i = 0; i < links.size(); ++i) {
    const LinkUse& link = links[i];
    const auto small = probe_seconds(plan, runs, probe_name(i, false), link.to);
    const auto large = probe_seconds(plan, runs, probe_name(i, true), link.to);
    if (!small || !large) continue;
    Costs::Link entry{link.transport, plan.actors[link.from].name, plan.actors[link.to].name, {}, {}};
    entry.transfer.latency = *small;
    latencies[link.transport].push_back(*small);
    if (*large > *small) {
      entry.transfer.bandwidth = static_cast<double>(large_probe(link) - kSmallProbe) / (*large - *small);
      bandwidths[link.transport].push_back(*entry.transfer.bandwidth);
    }
    costs.links.push_back(std::move(entry));
  }
  for (auto& [transport, samples] : latencies) costs.transports[transport].latency = median(std::move(samples));
  for (auto& [transport, samples] : bandwidths) costs.transports[transport].bandwidth = median(std::move(samples));
}

}  // namespace stretto
