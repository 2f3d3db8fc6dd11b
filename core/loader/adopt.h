// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Turns a plugin's tables, of whatever size it was built with, into full-size tables of this host.

#include "stretto/catalogue.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace stretto {

/// One component as this host sees it. Owns the tables that `raw` points to; texts and functions stay the plugin's.
/// Not movable: the tables point to each other.
struct AdoptedComponent {
  AdoptedComponent() = default;
  AdoptedComponent(const AdoptedComponent&) = delete;
  AdoptedComponent& operator=(const AdoptedComponent&) = delete;
  ~AdoptedComponent() = default;

  stretto_component raw{};
  stretto_device_api device{};
  stretto_transport_api transport{};
  stretto_scheduler_api scheduler{};
  stretto_op_library_api library{};
  std::deque<stretto_option> options;
  std::deque<stretto_port> ports;
  std::deque<stretto_op> ops;
  std::vector<const stretto_op*> op_pointers;
  /// Lists of pointers into the deques above.
  std::deque<std::vector<const stretto_option*>> option_lists;
  std::deque<std::vector<const stretto_port*>> port_lists;

  /// The memory kind that tells op libraries of one name apart; empty for other kinds.
  std::string variant() const { return raw.kind == STRETTO_OP_LIBRARY ? library.memory_kind : ""; }
};

struct AdoptedPlugin {
  std::string name;
  std::string version;
  void (*shutdown)() = nullptr;
  std::vector<std::unique_ptr<AdoptedComponent>> components;
};

/// Checks and copies one component: sizes, names, required functions, schemas. Missing optional functions become ones
/// that answer STRETTO_UNIMPLEMENTED. Throws Code::unavailable saying what is wrong and the mend.
std::unique_ptr<AdoptedComponent> adopt(const stretto_component* component);

/// The same for all components of a plugin; no two may have one name.
AdoptedPlugin adopt(const stretto_plugin* plugin);

}  // namespace stretto
