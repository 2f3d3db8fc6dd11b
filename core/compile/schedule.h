// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Pass `schedule`: a scheduler component gives steps lanes, offsets and groups, and rings their slots.

#include "compile/lower.h"

namespace stretto::compiling {

constexpr int32_t kMostOffset = 64;

/// Calls the plan's scheduler and takes over its answer: lanes, positions, offsets, groups, slots.
/// The plan has actors, components, rings, channels and steps by now. Never trusts the answer: throws
/// Code::invalid_argument naming the scheduler, its plugin and the step where it is no schedule at all.
/// Whether it is a safe one is `verify`'s to say.
void schedule(Plan& plan, const Marked& marked, Components& components);

}  // namespace stretto::compiling
