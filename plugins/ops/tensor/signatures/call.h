// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the ops check of their calls, and how they state results.

#include "stretto/op.h"

namespace stretto::tensor {

/// Throws Code::invalid_argument "op: what".
[[noreturn]] void reject(const char* op, const std::string& what);
/// "input 'x'", or with a list "input 'values'[2]".
std::string input_name(const char* port, uint32_t index, bool list);
/// The only input. Throws Code::invalid_argument where there is another number.
Spec only_input(const char* op, const Call& call);
/// A static result.
Spec static_spec(DType dtype, Shape shape);
/// One result like the only input, at this cost per element.
Inference like(const Spec& input, double flops_per_element);
/// Bytes, or their bound; 0 where it is not known.
uint64_t most_bytes(const Spec& spec);

}  // namespace stretto::tensor
