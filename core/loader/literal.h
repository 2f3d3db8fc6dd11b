// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Literals against the types of options. Pure; any thread.

#include "stretto/catalogue.h"

#include <string>

namespace stretto {

/// As messages show it: `the text "abc"`, `the list [1, 2]`.
std::string shown(const Literal& value);

/// What an option expects: `an integer`, `a size like "64 MiB"`, with its range or choices.
std::string expectation(const stretto_option& option);

/// The value as the option's type has it: sizes and durations in bytes and seconds, integers as reals where reals are
/// expected. Throws Code::invalid_argument: "found …, expected …".
Literal converted(const Literal& value, const stretto_option& option);

/// The option's default, converted. The option must have one.
Literal fallback_of(const stretto_option& option);

/// Throws Code::unavailable where a schema makes no sense: an unknown type, a default that breaks its own rules.
/// `owner` is said in the message: "transport 'shm'".
void check_schema(const stretto_option& option, const std::string& owner);

/// "64 MiB" → 67108864. Units: B; kB, MB, GB, TB of 1000; KiB, MiB, GiB, TiB of 1024. No unit: bytes.
/// Throws Code::invalid_argument where it is no size or no whole number of bytes.
int64_t bytes_from(const std::string& text);

/// "10 ms" → 0.01. Units: ns, us, ms, s, min, h. Throws Code::invalid_argument where it is no duration.
double seconds_from(const std::string& text);

}  // namespace stretto
