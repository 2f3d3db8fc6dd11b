// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the stand-in for a profiler has noted.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace stretto::fake {

struct Range {
  static constexpr size_t kNone = SIZE_MAX;
  std::string name;
  int64_t payload;
  size_t parent;  ///< the range of the same thread around it; kNone: there is none
  bool closed;
};

}  // namespace stretto::fake

/// All ranges so far, in the order of their beginnings. To be read once every thread that makes some has ended.
extern "C" const std::vector<stretto::fake::Range>* stretto_fake_ranges();
