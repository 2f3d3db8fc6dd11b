// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/capability.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace stretto::compiling {

Traits::Traits(const LoadedComponent& component)
    : name_(component.name), plugin_(component.plugin), api_(&api_of<stretto_transport_api>(component)) {}

bool Traits::accepts(const std::string& memory_kind) const {
  const std::span<const char* const> kinds(api_->memory_kinds, api_->memory_kind_count);
  return std::any_of(kinds.begin(), kinds.end(), [&](const char* kind) { return memory_kind == kind; });
}

namespace {

std::string memory_lacking(const Traits& transport, const Need& need) {
  // Slots of the transport's own are host memory; everything else may be staged through the host.
  if (transport.accepts("host")) return {};
  if (need.driver) return "the driver's edges need a transport that accepts 'host' memory";
  if (transport.shares_slots()) return "its slots are host memory, which it does not accept";
  for (const auto* actor : need.readers)
    if (!transport.accepts(actor->memory_kind))
      return fmt::format("it accepts neither '{}' memory, which the device of '{}' has, nor 'host' memory",
                         actor->memory_kind, actor->name);
  if (!transport.accepts(need.writer->memory_kind))
    return fmt::format("it accepts neither '{}' memory, which the device of '{}' has, nor 'host' memory",
                       need.writer->memory_kind, need.writer->name);
  return {};
}

std::string driver_lacking(const Traits& transport) {
  if (transport.stream_ordered()) return "the driver's edges need a host-driven transport, and it is STREAM_ORDERED";
  if (transport.joint() || transport.has(STRETTO_TRANSPORT_GLOBAL_ORDER))
    return "the driver's edges need a transport whose SEND does not wait for its RECEIVE, and it needs a RENDEZVOUS";
  return {};
}

/// Staging costs a copy each way, and slots used in place save one.
int merit(const Traits& transport, const Need& need) {
  const auto direct = [&](const PlanActor& actor) {
    return transport.shares_slots() ? actor.host_accessible : transport.direct(actor.memory_kind);
  };
  int points = direct(*need.writer) ? 2 : 0;
  for (const auto* reader : need.readers) points += direct(*reader) ? 2 : 0;
  return points + (transport.shares_slots() ? 1 : 0);
}

}  // namespace

std::string lacks(const Traits& transport, const Need& need) {
  if (need.processes && !transport.has(STRETTO_TRANSPORT_PROCESSES))
    return "it does not reach other processes (PROCESSES), and actors are processes";
  if (!need.processes && !transport.has(STRETTO_TRANSPORT_THREADS))
    return "it does not reach other actors of the same process (THREADS), and actors are threads";
  if (need.dynamic && !transport.has(STRETTO_TRANSPORT_DYNAMIC))
    return "it carries messages of one fixed size only (no DYNAMIC), and this value's shape is dynamic";
  if (transport.shares_slots() && transport.stream_ordered())
    return "it says SHARES_SLOTS and STREAM_ORDERED, which exclude each other";
  if (need.driver)
    if (auto missing = driver_lacking(transport); !missing.empty()) return missing;
  return memory_lacking(transport, need);
}

Choice choose_transport(Components& components, const Need& need) {
  const LoadedComponent* best = nullptr;
  int best_merit = -1;
  std::vector<std::string> refused;
  for (const auto* candidate : components.catalogue().all(STRETTO_TRANSPORT)) {
    const Traits traits(*candidate);
    if (const auto missing = lacks(traits, need); !missing.empty()) {
      refused.push_back(fmt::format("'{}' (plugin {}): {}", candidate->name, candidate->plugin, missing));
    } else if (const int points = merit(traits, need); points > best_merit) {
      best = candidate;
      best_merit = points;
    }
  }
  if (best == nullptr)
    throw Error(Code::invalid_argument,
                refused.empty()
                    ? "transport = \"auto\" found no transport at all; see `stretto plugin list`"
                    : fmt::format("transport = \"auto\" found none that can carry it: {}", fmt::join(refused, "; ")));
  const Traits traits(*best);
  const auto how = traits.shares_slots()                      ? "readers use the slots in place"
                   : traits.direct(need.writer->memory_kind)  ? "it takes the device's memory"
                   : traits.accepts(need.writer->memory_kind) ? "it stages the device's memory itself"
                                                              : "staged through the host";
  return {components.use(*best),
          fmt::format("auto: {}{}", how,
                      refused.empty() ? std::string() : fmt::format("; not {}", fmt::join(refused, "; not ")))};
}

}  // namespace stretto::compiling
