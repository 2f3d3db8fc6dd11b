// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// An op and a transport that exist for compilation alone: what they cost is stated, and they never run.

#include "stretto/catalogue.h"

namespace stretto::testing {

/// Adds the op `trial.work` (any number of inputs `x`; args `seconds`, `bytes` of its result) and the transport `wire`
/// (buffered, copying, as UCX is: a RECEIVE holds the link into its actor for as long as the bytes take).
void add_stand_ins(Catalogue& catalogue);

/// Bytes that take this long over a wire, with the rates that compilation states where there is no cost file.
uint64_t wire_bytes(double seconds);

}  // namespace stretto::testing
