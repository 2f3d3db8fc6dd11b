// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace stretto::fuzz {

/// A job file drawn from bytes: few actors, nodes of all ops, families, channels, options. Mostly a right one, so that
/// what lies behind the parser is reached; any bytes give one. The same bytes give the same text. Pure.
std::string drawn_job(std::string_view bytes);

}  // namespace stretto::fuzz
