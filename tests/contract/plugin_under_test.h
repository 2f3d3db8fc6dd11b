// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What all contract suites share: outcomes as assertions, and deadlines.

#include "load_component.h"
#include "stretto/device.h"

#include <gtest/gtest.h>
#include <ostream>

namespace stretto::contract {

inline testing::AssertionResult succeeded(const Outcome& outcome) {
  if (outcome.code == Code::ok) return testing::AssertionSuccess();
  return testing::AssertionFailure() << to_text(outcome.code) << ": " << outcome.message;
}

/// It failed with this code, and said why.
inline testing::AssertionResult failed_with(Code code, const Outcome& outcome) {
  if (outcome.code != code)
    return testing::AssertionFailure() << to_text(outcome.code) << " (" << outcome.message << "), expected "
                                       << to_text(code);
  if (outcome.message.empty()) return testing::AssertionFailure() << to_text(code) << " without a message";
  return testing::AssertionSuccess();
}

/// Long enough for whatever should happen, on the slowest machine.
inline int64_t soon() { return to_raw(std::chrono::steady_clock::now() + std::chrono::seconds(60)); }
/// For what should not happen.
inline int64_t shortly() { return to_raw(std::chrono::steady_clock::now() + std::chrono::milliseconds(30)); }

/// A component as a suite is given it.
struct UnderTest {
  std::string plugin;     ///< its file, without ".so"
  std::string component;  ///< its name
  std::string options{};  ///< TOML
};

/// Names a suite's instance after its component.
struct ByComponent {
  template <class Parameter>
  std::string operator()(const testing::TestParamInfo<Parameter>& info) const {
    return info.param.subject.component;
  }
};

}  // namespace stretto::contract
