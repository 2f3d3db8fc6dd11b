// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The reference job, as a question of costs: senders that each make a value at once, and one receiver.

#include "stretto/graph.h"

#include <optional>

namespace stretto::testing {

/// Seconds that one sender's value takes over the wire, and the receiver with it.
struct Branch {
  double transfer;
  double compute;
};

/// What travels has so many slots, or leaves them to the scheduler.
Graph senders(const std::vector<Branch>& branches, bool any_order, std::optional<uint32_t> slots = std::nullopt);

/// A time that no schedule of so many executions can beat: the link and the receiver each do all their work one by one,
/// and neither starts before, or ends after, the other one has had or has its least.
double senders_bound(const std::vector<Branch>& branches, int64_t executions);

}  // namespace stretto::testing
