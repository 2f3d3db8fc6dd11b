// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "compile/components.h"

#include "compile/reject.h"
#include "loader/handles.h"

#include <algorithm>

namespace stretto::compiling {

namespace {

std::optional<stretto_kind> kind_named(const std::string& name) {
  for (const auto kind : {STRETTO_TRANSPORT, STRETTO_SCHEDULER, STRETTO_DEVICE, STRETTO_OP_LIBRARY})
    if (name == to_text(kind)) return kind;
  return std::nullopt;
}

Arguments complete_settings(const LoadedComponent& component, const Arguments& given, const Source& source) {
  try {
    return check_arguments(given, component.raw->options, component.raw->option_count,
                           fmt::format("option of {} '{}'", to_text(component.kind), component.name), source);
  } catch (const Error& error) {
    throw PositionedError(error.code(), error.what());
  }
}

}  // namespace

uint32_t Components::use(stretto_kind kind, const std::string& name) {
  const auto known = index_.find({kind, name, ""});
  return known != index_.end() ? known->second : use(catalogue_.find(kind, name));
}

uint32_t Components::use_ops(const std::string& name, const std::string& memory_kind) {
  const auto known = index_.find({STRETTO_OP_LIBRARY, name, memory_kind});
  return known != index_.end() ? known->second : use(catalogue_.find_ops(name, memory_kind), memory_kind);
}

uint32_t Components::use(const LoadedComponent& component, const std::string& variant) {
  const auto [known, fresh] =
      index_.try_emplace({component.kind, component.name, variant}, static_cast<uint32_t>(uses_.size()));
  if (!fresh) return known->second;
  uses_.push_back(
      {to_text(component.kind), component.name, variant, component.plugin, component.version, settings_of(component)});
  loaded_.push_back(&component);
  return known->second;
}

Arguments Components::settings_of(const LoadedComponent& component) const {
  Arguments given;
  Source source;
  for (const auto& written : options_.components)
    if (written.kind == to_text(component.kind) && written.name == component.name) {
      given = written.options;
      source = written.source;
    }
  return complete_settings(component, given, source);
}

std::string Components::refusal_of_device_slots(const LoadedComponent& transport) {
  return stretto::refusal_of_device_slots(transport, settings_of(transport));
}

void Components::check_unused() {
  for (const auto& written : options_.components) {
    const auto kind = kind_named(written.kind);
    if (!kind)
      reject(written.source, "[{}.{}]: there is no kind '{}'; the kinds are transport, scheduler, device and ops",
             written.kind, written.name, written.kind);
    const bool used = std::any_of(uses_.begin(), uses_.end(), [&](const ComponentUse& use) {
      return use.kind == written.kind && use.name == written.name;
    });
    if (used) continue;
    std::vector<std::string> names;
    const LoadedComponent* found = nullptr;
    for (const auto* component : catalogue_.all(*kind)) {
      names.push_back(component->name);
      if (component->name == written.name) found = component;
    }
    if (found != nullptr) {
      complete_settings(*found, written.options, written.source);
    } else if (const auto near = nearest(written.name, names)) {
      reject(written.source, "[{}.{}]: there is no {} '{}'; did you mean '{}'?", written.kind, written.name,
             written.kind, written.name, *near);
    }
  }
}

}  // namespace stretto::compiling
