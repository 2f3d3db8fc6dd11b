// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The reference job in the rig that one GPU allows.

#include "stretto/graph.h"

namespace stretto::testing {

/// Three senders on the host whose tensors cost nothing to make (rig.stamp); a receiver on a GPU, whose copy engine
/// fetches them and which multiplies each by itself. Outputs "branch<i>", the first element of what sender i made, and
/// "squared<i>", that of the product, in turn.
enum class CopyEngineOrder {
  by_branch,
  products_first,  ///< so that before a product's transfer stands another product, for a rule that goes by the order
};
Graph copy_engine_job(int64_t dimension, CopyEngineOrder order = CopyEngineOrder::by_branch);

inline constexpr int kCopyEngineSenders = 3;

/// A time that no run can beat, with t one transfer and m one product: 3 N max(t, m) + min(t, m).
double copy_engine_bound(double transfer, double product, int64_t executions);

}  // namespace stretto::testing
