// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "job/job.h"

namespace stretto {

/// Compares the value of one execution with what was expected. Nothing where it is right, else "expected 0.25, found
/// 0.5", perhaps with the element's place. Numbers of a job are rounded to the value's dtype and then compared bit for
/// bit (any NaN equals any other), or within the tolerance. Pure; any thread.
std::optional<std::string> mismatch(const Expectation& expectation, int64_t execution, const Tensor& found);

}  // namespace stretto
