// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a collective makes of its members' inputs, the slow and obvious way.

#include "stretto/transport.h"

namespace stretto::testing {

/// Bytes of one member's input, and of its result.
uint64_t input_bytes(const CollectiveInfo& collective);
uint64_t result_bytes(const CollectiveInfo& collective);

/// Where a member's input lies, and where its result goes.
struct Part {
  const void* input;  ///< null where it has none
  void* result;
};
/// By member. Reduces in the order of the set, 16-bit floats in f32.
void perform(const CollectiveInfo& collective, const std::vector<Part>& parts);

}  // namespace stretto::testing
