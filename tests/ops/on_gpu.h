// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Whether suites can run on a GPU of this machine.

#include "open_device.h"

namespace stretto::contract {

/// Why not; empty: they can.
inline std::string no_gpu() {
  const auto& component = load_component(plugin_path("cuda"), STRETTO_DEVICE, "cuda");
  int32_t count = 0;
  const Outcome outcome = outcome_of([&](const stretto_sink* sink) {
    return static_cast<const stretto_device_api*>(component.api)->count(&count, sink);
  });
  return count > 0 ? "" : outcome.message;
}

/// For ValuesIn: `subject` alone on a machine with a GPU, nothing on one without.
template <class Subject>
std::vector<Subject> where_a_gpu_is(const Subject& subject) {
  return no_gpu().empty() ? std::vector<Subject>{subject} : std::vector<Subject>{};
}

}  // namespace stretto::contract
