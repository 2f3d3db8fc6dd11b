// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace stretto {

inline constexpr int kMostKeyParts = 32;  ///< of a dotted key

/// Throws Code::invalid_argument, with the position, where a dotted key of this TOML text has more than 32 parts, or
/// more than 32 lists and tables are open: each is a level of what is parsed, and what walks it recurses. Looks at
/// nothing else; any bytes are fine. Pure.
void check_nesting(std::string_view text, const std::string& name);

}  // namespace stretto
