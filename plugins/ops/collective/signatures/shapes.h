// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What is known of inputs that belong together.

#include "collective.h"

namespace stretto::collective {

/// Throws Code::invalid_argument "op: what".
[[noreturn]] void reject(const char* op, const std::string& what);
/// Bytes, or their bound; 0 where it is not known.
uint64_t most_bytes(const Spec& spec);
/// The dtype, shape and bound that all inputs have. `skipped` dimensions in front may differ, and are the first
/// input's. Throws Code::invalid_argument, saying which two inputs differ.
Spec agreed(const char* op, const Call& call, size_t skipped);
/// The same of the inputs of a launch, whose shapes are known: that they agree.
void expect_agreed(const char* op, const Launch& launch, size_t skipped);
/// One result, at the cost of reading `read` bytes and of so many flops for each element that is written.
Inference answered(Spec result, uint64_t read, double flops_per_element);

}  // namespace stretto::collective
