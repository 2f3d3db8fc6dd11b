// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "job/job.h"
#include "job/written.h"

namespace stretto {

/// The values of an input, by execution: a list with one value each (a number, or nested lists of its shape), or
/// { file = "x.npy" }, whose first axis counts executions where it has one axis more than the input. Paths are relative
/// to the folder of the file that wrote them. Checked against the input's spec. Throws Code::invalid_argument with the
/// position. Blocks to read files.
Feed read_feed(const Written& written, const InputSpec& input);

}  // namespace stretto
