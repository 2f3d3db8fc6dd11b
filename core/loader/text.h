// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Text from outside: is it UTF-8, and how to show it when it is not. Pure; any thread.

#include <string>
#include <string_view>

namespace stretto {

/// Whether the bytes are well-formed UTF-8: no overlong forms, surrogates, or code points over U+10FFFF (RFC 3629).
bool is_utf8(std::string_view text);

/// The text with control characters, and bytes that are not UTF-8, written as \xNN.
std::string escaped(std::string_view text);

/// What a message quotes of a text: the same, but of a long text only its beginning: `abc… (5000 bytes)`.
std::string excerpt(std::string_view text);

}  // namespace stretto
