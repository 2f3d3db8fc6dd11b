// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/capability.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace stretto::compiling {

Traits::Traits(const LoadedComponent& component)
    : name_(component.name), plugin_(component.plugin), api_(&api_of<stretto_transport_api>(component)) {}

bool Traits::captures(const Arguments& settings) const {
  if (!stream_ordered() || !has(STRETTO_TRANSPORT_CAPTURABLE)) return false;
  const auto wish = settings.find("capture");
  const bool* wished = wish == settings.end() ? nullptr : std::get_if<bool>(&wish->second.value);
  return wished != nullptr && *wished;
}

bool Traits::accepts(const std::string& memory_kind) const {
  const std::span<const char* const> kinds(api_->memory_kinds, api_->memory_kind_count);
  return std::any_of(kinds.begin(), kinds.end(), [&](const char* kind) { return memory_kind == kind; });
}

bool share_device(const Components& components, const PlanActor& a, const PlanActor& b) {
  return a.device >= 0 && a.device == b.device && a.device_index == b.device_index && !a.host_accessible &&
         (api_of<stretto_device_api>(components.loaded(static_cast<uint32_t>(a.device))).flags &
          STRETTO_DEVICE_EXPORTS) != 0;
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

/// Whether readers on the writer's device would use its slots there.
bool on_device(Components& components, const LoadedComponent& transport, const Need& need) {
  if (need.driver || std::none_of(need.readers.begin(), need.readers.end(), [&](const PlanActor* reader) {
        return share_device(components, *need.writer, *reader);
      }))
    return false;
  return components.refusal_of_device_slots(transport).empty();
}

/// Staging costs a copy each way, and slots used in place save one.
int merit(Components& components, const LoadedComponent& candidate, const Need& need) {
  const Traits transport(candidate);
  const bool shares_device = on_device(components, candidate, need);
  const auto direct = [&](const PlanActor& actor) {
    if (shares_device && share_device(components, *need.writer, actor)) return true;
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
    } else if (const int points = merit(components, *candidate, need); points > best_merit) {
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
  const auto how = on_device(components, *best, need)         ? "readers on the writer's device use its slots in place"
                   : traits.shares_slots()                    ? "readers use the slots in place"
                   : traits.direct(need.writer->memory_kind)  ? "it takes the device's memory"
                   : traits.accepts(need.writer->memory_kind) ? "it stages the device's memory itself"
                                                              : "staged through the host";
  return {components.use(*best),
          fmt::format("auto: {}{}", how,
                      refused.empty() ? std::string() : fmt::format("; not {}", fmt::join(refused, "; not ")))};
}

}  // namespace stretto::compiling
