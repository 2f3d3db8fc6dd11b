// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Host memory for slots: aligned to 64 bytes at least, zeroed, its pages there. As a device pins whole pages, less
/// than a page lies within one, and more has its pages to itself.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace stretto {

struct FreeHostMemory {
  void operator()(std::byte* memory) const noexcept { std::free(memory); }
};
using HostMemory = std::unique_ptr<std::byte, FreeHostMemory>;

/// At least one byte. Throws std::bad_alloc.
HostMemory allocate_host(uint64_t bytes);

}  // namespace stretto
