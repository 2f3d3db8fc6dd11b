// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the stand-in for a profiler has noted.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <stdexcept>
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

namespace stretto::fake {

/// The functions above, for programs into which NVTX has loaded the profiler.
template <class Function>
Function* of_the_profiler(const char* name) {
  const char* path = std::getenv("NVTX_INJECTION64_PATH");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  void* library = path == nullptr ? nullptr : dlopen(path, RTLD_NOW);
  auto* found = library == nullptr ? nullptr : reinterpret_cast<Function*>(dlsym(library, name));
  if (found == nullptr) throw std::runtime_error("NVTX_INJECTION64_PATH is not the stand-in for a profiler");
  return found;
}

}  // namespace stretto::fake
