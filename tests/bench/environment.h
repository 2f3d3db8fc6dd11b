// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What tests/gpu/run.py tells the benches of GPUs.

#include "stretto/error.h"

#include <cstdlib>
#include <string>

namespace stretto::bench {

/// A variable's text, owned by the environment. Throws Code::invalid_argument where it is not set. Any thread, while
/// nobody sets variables. Never blocks.
inline const char* environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing sets the environment
  if (value == nullptr)
    throw Error(Code::invalid_argument, std::string(name) + " is not set; tests/gpu/run.py sets it");
  return value;
}

}  // namespace stretto::bench
