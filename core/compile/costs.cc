// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/cost_key.h"
#include "compile/lower.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace stretto::compiling {

namespace {

// Rates of one core and one link of a present-day server, where a component states none: they rank steps. A cost file
// replaces them and what components state.
constexpr double kFlopsPerSecond = 2e10;
constexpr double kBytesPerSecond = 1e10;
constexpr double kLaunchSeconds = 2e-6;
constexpr double kSendSeconds = 2e-6;
constexpr double kLinkBytesPerSecond = 5e9;
constexpr double kLinkLatencySeconds = 1e-5;
// Three decades: sums of these stay finite, whatever an op or a program states.
constexpr double kMostSeconds = 1e9;

/// What the costs say; else what the component says of itself, if anything; else the default.
double either(const std::optional<double>& costs, double component, double fallback) {
  return costs.value_or(component > 0 ? component : fallback);
}

const Costs::Device& stated_of(const Costs& costs, const std::string& device) {
  static const Costs::Device kNothingStated;
  const auto known = costs.devices.find(device);
  return known == costs.devices.end() ? kNothingStated : known->second;
}

/// The resources of one kind, one per actor, each listed when a step first holds it.
class Resources {
 public:
  Resources(const char* kind, const std::vector<PlanActor>& actors, std::vector<PlanResource>& listed)
      : kind_(kind), actors_(actors), listed_(listed), number_(actors.size(), -1) {}
  int32_t of(uint32_t actor, uint32_t capacity = 1) {
    auto& number = number_[actor];
    if (number >= 0) return number;
    listed_.push_back({kind_ + actors_[actor].name, capacity});
    return number = static_cast<int32_t>(listed_.size()) - 1;
  }

 private:
  const std::string kind_;
  const std::vector<PlanActor>& actors_;
  std::vector<PlanResource>& listed_;
  std::vector<int32_t> number_;  // by actor
};

class Predicting {
 public:
  Predicting(const std::vector<PlanActor>& actors, const Checked& checked, const Cut& cut, const Components& components,
             const Costs& costs, Marked& marked)
      : actors_(actors),
        checked_(checked),
        cut_(cut),
        components_(components),
        costs_(costs),
        marked_(marked),
        devices_("device of ", actors, marked.resources),
        copy_engines_("copy engine of ", actors, marked.resources),
        links_into_("link into ", actors, marked.resources),
        driver_("", actors, marked.resources) {
    for (const auto& [name, device] : costs.devices) listed_.emplace(name, device.ops);
    for (const auto& link : costs.links) links_[{link.transport, link.from, link.to}] = &link;
  }

  void all() {
    for (auto& step : marked_.steps) {
      if (step.kind == StepKind::collective)
        collect(step);
      else if (step.node >= 0)
        compute(step);
      else if (step.kind == StepKind::copy)
        copy(step);
      else if (step.channel >= 0)
        transfer(step);
      step.seconds = step.seconds >= 0 ? std::min(step.seconds, kMostSeconds) : 0;
    }
  }

 private:
  const std::string& name_of(const PlanActor& actor) const {
    return components_.at(static_cast<uint32_t>(actor.device)).name;
  }
  const Costs::Device& device_of(const PlanActor& actor) const { return stated_of(costs_, name_of(actor)); }

  const stretto_device_api& itself(const PlanActor& actor) const {
    return api_of<stretto_device_api>(components_.loaded(static_cast<uint32_t>(actor.device)));
  }
  double launch_of(const PlanActor& actor) const { return launch_seconds(actor, components_, costs_); }

  void compute(Step& step) {
    const auto& actor = actors_[step.actor];
    const auto& device = device_of(actor);
    const auto& api = itself(actor);
    const auto& node = checked_.nodes[static_cast<uint32_t>(step.node)];
    step.resource = devices_.of(step.actor, device.capacity.value_or(1));
    if (const auto listed = listed_.find(name_of(actor)); listed != listed_.end())
      if (const auto seconds = listed->second.find(cost_keys(node, components_.at(node.ops).name, checked_.values))) {
        step.seconds = *seconds;
        return;
      }
    const auto& work = checked_.work[static_cast<uint32_t>(step.node)];
    step.seconds = work.seconds > 0 ? work.seconds
                                    : launch_of(actor) + work.flops / either(device.flops, api.flops, kFlopsPerSecond) +
                                          work.bytes / either(device.bandwidth, api.bandwidth, kBytesPerSecond);
  }

  void copy(Step& step) {
    const auto& actor = actors_[step.actor];
    const auto bytes = static_cast<double>(cut_.rings[step.results[0]].slot_bytes);
    step.seconds = launch_of(actor) +
                   bytes / either(device_of(actor).copy_bandwidth, itself(actor).copy_bandwidth, kBytesPerSecond);
    step.resource = copy_engines_.of(step.actor);
  }

  /// What is stated for the two actors, if anything is.
  const Costs::Link* link_of(const Channel& channel, uint32_t reader) const {
    if (links_.empty()) return nullptr;
    const auto& transport = components_.at(channel.transport).name;
    const auto link = links_.find({transport, actors_[channel.writer].name, actors_[reader].name});
    return link == links_.end() ? nullptr : link->second;
  }

  /// What is stated for the two actors, else for the transport, else the default.
  double stated(const Channel& channel, uint32_t reader, std::optional<double> Costs::Transfer::*number,
                double fallback) const {
    if (const auto* link = link_of(channel, reader); link != nullptr && link->transfer.*number)
      return *(link->transfer.*number);
    const auto known = costs_.transports.find(components_.at(channel.transport).name);
    if (known != costs_.transports.end() && known->second.*number) return *(known->second.*number);
    return fallback;
  }

  void transfer(Step& step) {
    const auto& channel = cut_.channels[static_cast<uint32_t>(step.channel)];
    const bool sends = step.kind == StepKind::send;
    const bool driver = static_cast<size_t>(step.actor) + 1 == actors_.size();
    const uint32_t reader = sends ? channel.readers.front().actor : step.actor;
    const auto bytes = static_cast<double>(cut_.rings[channel.ring].slot_bytes);
    const bool moves = !channel.shares_slots && (!sends || channel.rendezvous);
    const auto& api = api_of<stretto_transport_api>(components_.loaded(channel.transport));
    if (sends && !channel.rendezvous)
      step.seconds = stated(channel, reader, &Costs::Transfer::send, kSendSeconds);
    else
      step.seconds = stated(channel, reader, &Costs::Transfer::latency, either({}, api.latency, kLinkLatencySeconds));
    if (moves)
      step.seconds +=
          bytes / stated(channel, reader, &Costs::Transfer::bandwidth, either({}, api.bandwidth, kLinkBytesPerSecond));
    if (driver) {
      step.seconds += bytes / kBytesPerSecond;  // it copies inputs in and results out
      step.resource = driver_.of(step.actor);
    } else if (moves && !sends) {
      const auto* link = link_of(channel, reader);
      step.resource = link != nullptr && link->resource ? named(*link->resource) : links_into_.of(step.actor);
    }
  }

  /// A resource that a cost file names: one, whoever holds it.
  int32_t named(const std::string& resource) {
    const auto [entry, fresh] = named_.try_emplace(resource, static_cast<int32_t>(marked_.resources.size()));
    if (fresh) marked_.resources.push_back({resource, 1});
    return entry->second;
  }

  /// By the rate of its transport, which is taken to pass pieces on in a ring: n - 1 times an n-th of the whole goes
  /// into each member, and for an all_reduce twice.
  void collect(Step& step) {
    const auto& node = checked_.nodes[static_cast<uint32_t>(step.node)];
    const auto& collective = checked_.collectives[static_cast<uint32_t>(node.collective)];
    const auto bytes = [&](uint32_t value) { return static_cast<double>(checked_.values[value].spec.max_bytes); };
    const double others = node.member_count - 1.0;
    double moved = bytes(node.inputs[0]);
    switch (collective.kind) {
      case STRETTO_ALL_REDUCE: moved *= 2 * others / node.member_count; break;
      case STRETTO_ALL_GATHER: moved *= others; break;
      case STRETTO_REDUCE_SCATTER: moved *= others / node.member_count; break;
      default: break;
    }
    const auto component = static_cast<uint32_t>(collective.transport);
    const auto& api = api_of<stretto_transport_api>(components_.loaded(component));
    const auto known = costs_.transports.find(components_.at(component).name);
    const Costs::Transfer rates = known == costs_.transports.end() ? Costs::Transfer{} : known->second;
    step.seconds = either(rates.latency, api.latency, kLinkLatencySeconds) +
                   moved / either(rates.bandwidth, api.bandwidth, kLinkBytesPerSecond);
    step.resource = links_into_.of(step.actor);
  }

  const std::vector<PlanActor>& actors_;
  const Checked& checked_;
  const Cut& cut_;
  const Components& components_;
  const Costs& costs_;
  Marked& marked_;
  Resources devices_;
  Resources copy_engines_;
  Resources links_into_;
  Resources driver_;
  std::map<std::string, ListedOps> listed_;  // by device
  std::map<std::tuple<std::string, std::string, std::string>, const Costs::Link*> links_;
  std::map<std::string, int32_t> named_;  // resources of links
};

}  // namespace

double launch_seconds(const PlanActor& actor, const Components& components, const Costs& costs) {
  const auto device = static_cast<uint32_t>(actor.device);
  return either(stated_of(costs, components.at(device).name).launch,
                api_of<stretto_device_api>(components.loaded(device)).launch, kLaunchSeconds);
}

void predict_costs(const std::vector<PlanActor>& actors, const Checked& checked, const Cut& cut,
                   const Components& components, const Costs& costs, Marked& marked) {
  Predicting(actors, checked, cut, components, costs, marked).all();
}

}  // namespace stretto::compiling
