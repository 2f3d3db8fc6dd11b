// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "job/written.h"

namespace stretto::fuzz {

/// TOML that parses to the same values. Tables in tables stand inline. Pure.
std::string toml_text(const Written& root);

}  // namespace stretto::fuzz
