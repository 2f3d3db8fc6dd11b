// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What each kernel of the plugins does, written once more for the host.

#include "machine.h"

namespace stretto::fake {

/// The operation that a launch of this kernel is: `name` as the compiler spelled it, demangled; `work` its one
/// argument. Throws Code::unimplemented for a kernel without a twin.
Operation twin_of(const std::string& name, const void* work);

}  // namespace stretto::fake
