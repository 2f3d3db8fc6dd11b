// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What tests of captures on fake GPUs share.

#include "judge.h"
#include "violations.h"

#include <cstring>

namespace stretto::testing {

/// Of this process, ever.
inline uint64_t graph_launches() { return of_the_fake<size_t()>("stretto_fake_graph_launches")(); }

/// Options under which GPUs capture as `how` says, and take part in captures what NCCL carries if `transfers`.
inline CompileOptions capturing(const std::string& how, const std::string& scheduler = "serial",
                                bool transfers = false) {
  CompileOptions options;
  options.scheduler = scheduler;
  options.transport = "auto";
  options.inflight = 8;  // more than any offset, so that rounds need not be blank
  Arguments device, nccl;
  device["capture"].value = how;
  nccl["capture"].value = transfers;
  options.components.push_back({"device", "cuda", device, {}});
  options.components.push_back({"transport", "nccl", nccl, {}});
  return options;
}

/// One input, a vector of 16 f32, for each execution.
inline Feeds ramps(size_t executions) {
  Feeds feeds;
  for (size_t e = 0; e < executions; ++e) {
    Tensor& made = feeds.emplace_back().emplace_back();
    made.dtype = kF32;
    made.shape = {16};
    made.bytes.resize(64);
    for (size_t i = 0; i < 16; ++i) {
      const auto value = static_cast<float>(e + i);
      std::memcpy(made.bytes.data() + 4 * i, &value, sizeof value);
    }
  }
  return feeds;
}

}  // namespace stretto::testing
