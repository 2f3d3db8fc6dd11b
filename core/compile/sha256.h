// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// SHA-256 (FIPS 180-4).

#include <cstdint>
#include <string>
#include <string_view>

namespace stretto {

/// 64 hex digits. Never fails.
std::string sha256(std::string_view text);

}  // namespace stretto
