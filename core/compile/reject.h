// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// How the passes of compilation refuse a graph.

#include "stretto/graph.h"

#include <fmt/format.h>
#include <utility>

namespace stretto::compiling {

/// Throws Code::invalid_argument with the position in front.
template <class... Parts>
[[noreturn]] void reject(const Source& source, fmt::format_string<Parts...> format, Parts&&... parts) {
  throw Error(Code::invalid_argument, to_prefix(source) + fmt::format(format, std::forward<Parts>(parts)...));
}

/// An error that says its own position, more exactly than whoever asked could.
struct PositionedError : Error {
  using Error::Error;
};

/// Runs `body`; an Error that it throws gets the position and what `what` says in front, unless it has a position, and
/// keeps its code. `what` is asked only then: most nodes are right, and words for each would cost more than the check.
template <class What, class Body>
decltype(auto) located(const Source& source, const What& what, Body&& body) {
  try {
    return body();
  } catch (const PositionedError&) {
    throw;
  } catch (const Error& error) {
    throw Error(error.code(), to_prefix(source) + what() + ": " + error.what());
  }
}

}  // namespace stretto::compiling
