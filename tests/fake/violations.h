// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What the fake GPU has found wrong, for programs that do not link to it: plugins have loaded it.

#include <dlfcn.h>
#include <stdexcept>
#include <string>

namespace stretto::testing {

template <class Function>
Function* of_the_fake(const char* name) {
  // A second handle to what is loaded already, or loaded now.
  static void* library = dlopen("libcudart.so.13", RTLD_NOW);
  auto* found = library == nullptr ? nullptr : reinterpret_cast<Function*>(dlsym(library, name));
  if (found == nullptr) throw std::runtime_error("this is not the fake: set LD_LIBRARY_PATH");
  return found;
}

/// Empty: nothing was wrong so far.
inline std::string violation() { return of_the_fake<const char*()>("stretto_fake_violation")(); }
/// Forgets what was wrong, and what streams still hold.
inline void forgive() { of_the_fake<void()>("stretto_fake_forgive")(); }
/// From now on what is wrong is not said on stderr.
inline void expect_violations() { of_the_fake<void()>("stretto_fake_expect_violations")(); }

/// Streams stand still as long as this lives.
class Held {
 public:
  Held() { of_the_fake<void()>("stretto_fake_hold")(); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() { of_the_fake<void()>("stretto_fake_release")(); }
};

}  // namespace stretto::testing
