// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Elements of tensors as numbers, the slow and obvious way: every element passes through a double. That is exact for
/// what the reference computes: a sum or product of two numbers of 24 bits at most, rounded from 53 bits, rounds right,
/// and integers stay below 2^53.

#include "stretto/value.h"

#include <cstddef>
#include <vector>

namespace stretto::testing {

/// Element `index` as a number. Throws std::logic_error for an element type that has none here.
double element(DType dtype, const std::byte* data, size_t index);
/// Rounds to nearest, ties to even, and stores; integers wrap around.
void set_element(DType dtype, std::byte* data, size_t index, double value);
/// The number that an element of this type would hold.
double rounded(DType dtype, double value);

}  // namespace stretto::testing
