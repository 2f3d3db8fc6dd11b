// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "job/written.h"

namespace stretto {

inline constexpr size_t kLongestName = 200;  ///< bytes

/// A name as a job refers to it: "x", "x[*]", "x[2]", "x[:]", each perhaps with ".result".
struct Reference {
  enum class Pick {
    bare,
    every,  ///< [*]: one per index
    one,    ///< [2]
    all     ///< [:]: all, as a list
  };
  std::string name;
  Pick pick = Pick::bare;
  uint32_t index = 0;
  std::string result;
  Place place;
};

/// Throws Code::invalid_argument with the position where the text is none. The value must be a text. Pure.
Reference parse_reference(const Written& written);

/// Whether a text may name an actor, an input, a node or an output: letters, digits, '_' and '-'. Pure.
bool is_name(std::string_view text);

/// Throws Code::invalid_argument unless it is. `what` is said in messages: "node". Pure.
void check_name(const std::string& name, const char* what, const Place& place);

}  // namespace stretto
