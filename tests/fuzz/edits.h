// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stretto::fuzz {

/// The input with a few slips of the hand: values and keys changed, swapped, doubled, left out. A drawn job becomes its
/// text. Empty where the input is neither TOML nor JSON. The same seed gives the same slips. Pure.
std::string edited(std::string_view input, uint32_t seed);

/// One job with parts of another. Empty where one of them is no TOML. Pure.
std::string crossed(std::string_view one, std::string_view other, uint32_t seed);

}  // namespace stretto::fuzz
