// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace stretto {

/// Throws Code::invalid_argument, with the position, where a dotted key of this TOML text has more than 32 parts: each
/// part is a level of tables, and what walks them recurses. Looks at nothing else; any bytes are fine. Pure.
void check_key_depth(std::string_view text, const std::string& name);

}  // namespace stretto
