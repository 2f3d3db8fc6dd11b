// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The components that one plan uses.

#include "stretto/catalogue.h"

#include <map>
#include <tuple>

namespace stretto::compiling {

/// Finds components and keeps each once, with its settings checked and complete. One thread.
/// Looks plugins up; never opens a device or a transport.
class Components {
 public:
  /// Both must outlive this.
  Components(const CompileOptions& options, Catalogue& catalogue) : options_(options), catalogue_(catalogue) {}

  /// Index of the component in the plan. Throws Code::unavailable where it is not found, Code::invalid_argument where
  /// its settings are wrong.
  uint32_t use(stretto_kind kind, const std::string& name);
  /// The op library of this name for devices of this memory kind.
  uint32_t use_ops(const std::string& name, const std::string& memory_kind);
  /// As `use`, for a component that is already at hand.
  uint32_t use(const LoadedComponent& component, const std::string& variant = "");

  /// Why this transport, with the settings written for it, keeps no slots in the memory of a device that its actors
  /// share; empty where it does. Throws Code::invalid_argument where its settings are wrong.
  std::string refusal_of_device_slots(const LoadedComponent& transport);

  const LoadedComponent& loaded(uint32_t index) const { return *loaded_[index]; }
  const ComponentUse& at(uint32_t index) const { return uses_[index]; }
  Catalogue& catalogue() { return catalogue_; }

  /// Checks the options written for components that the plan does not use: a name that is nearly that of a component
  /// is an error; one that is unknown here is not, since the plugin may be missing on this machine alone.
  void check_unused();
  const std::vector<ComponentUse>& all() const { return uses_; }

 private:
  Arguments settings_of(const LoadedComponent& component) const;

  const CompileOptions& options_;
  Catalogue& catalogue_;
  std::vector<ComponentUse> uses_;
  std::vector<const LoadedComponent*> loaded_;
  std::map<std::tuple<int, std::string, std::string>, uint32_t> index_;
};

/// The table behind a component, of the type that its kind says.
template <class Api>
const Api& api_of(const LoadedComponent& component) {
  return *static_cast<const Api*>(component.raw->api);
}

}  // namespace stretto::compiling
