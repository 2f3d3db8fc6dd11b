// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "job/job.h"
#include "job/schema.h"

namespace stretto {

/// Reads actors, inputs, nodes and outputs of a checked job; families expand in place, in the order written. Fills in
/// Job::graph and Job::expectations. Throws Code::invalid_argument with the position. Pure.
void read_graph(const Section& root, Job& job);

}  // namespace stretto
