// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Single elements of tensors, for feeding, comparing and printing. Pure; any thread.

#include "stretto/value.h"

#include <cstddef>
#include <string>
#include <variant>

namespace stretto {

using Number = std::variant<bool, int64_t, uint64_t, double>;

/// Writes a number as an element of this type; reals are rounded to nearest, ties to even. Throws
/// Code::invalid_argument, "found 300, expected a u8: 0 to 255", where the type has no such value: booleans go with
/// bool alone, reals with floating types alone, and a finite number must not become infinite.
void store_element(DType dtype, const Number& number, std::byte* element);

/// Reads one element. The type must be one of kDTypes.
Number load_element(DType dtype, const std::byte* element);

/// The shortest decimal that reads back as this element.
std::string element_text(DType dtype, const std::byte* element);

}  // namespace stretto
