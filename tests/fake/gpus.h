// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Graphs that were drawn for the test device and its rendezvous transport, put on GPUs.

#include "stretto/graph.h"

namespace stretto::testing {

/// In place of async_device cuda, and in place of rendezvous nccl, or shm where not all ends are on GPUs.
void put_on_gpus(Graph& graph);

}  // namespace stretto::testing
