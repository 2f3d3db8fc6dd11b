// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Errors, by what a caller can do about them. Exceptions inside a library, codes across the plugin boundary.

#include "stretto/abi.h"

#include <stdexcept>
#include <string>
#include <string_view>

namespace stretto {

enum class Code : int32_t {
  ok = STRETTO_OK,
  invalid_argument = STRETTO_INVALID_ARGUMENT,
  unavailable = STRETTO_UNAVAILABLE,
  overloaded = STRETTO_OVERLOADED,
  disconnected = STRETTO_DISCONNECTED,
  timed_out = STRETTO_TIMED_OUT,
  cancelled = STRETTO_CANCELLED,
  internal = STRETTO_INTERNAL,
  unimplemented = STRETTO_UNIMPLEMENTED,
};

inline const char* to_text(Code code) {
  switch (code) {
    case Code::ok: return "ok";
    case Code::invalid_argument: return "invalid argument";
    case Code::unavailable: return "unavailable";
    case Code::overloaded: return "overloaded";
    case Code::disconnected: return "disconnected";
    case Code::timed_out: return "timed out";
    case Code::cancelled: return "cancelled";
    case Code::internal: return "internal error";
    case Code::unimplemented: return "unimplemented";
  }
  return "unknown code";
}

/// The one exception type. `what()` names the thing, what was found, what was expected, and the mend.
class Error : public std::runtime_error {
 public:
  Error(Code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Code code() const noexcept { return code_; }

 private:
  Code code_;
};

/// Puts a message into the host's sink, which copies it. Never throws.
inline int32_t report(const stretto_sink* sink, Code code, std::string_view message) noexcept {
  if (sink != nullptr && sink->report != nullptr) sink->report(sink->context, message.data(), message.size());
  return static_cast<int32_t>(code);
}

/// Runs `body` at the edge of the boundary: what it throws becomes a code and a message.
template <class Body>
int32_t guard(const stretto_sink* sink, Body&& body) noexcept {
  try {
    body();
    return STRETTO_OK;
  } catch (const Error& error) {
    return report(sink, error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return report(sink, Code::overloaded, "out of memory");
  } catch (const std::exception& error) {
    return report(sink, Code::internal, error.what());
  } catch (...) {
    return report(sink, Code::internal, "an exception of unknown type");
  }
}

/// The other direction: calls `function(arguments…, sink)` and throws what it reports.
/// A null function throws Code::unimplemented. `what` names the call for messages without text.
template <class Function, class... Arguments>
void checked(const char* what, Function function, Arguments... arguments) {
  if (function == nullptr) throw Error(Code::unimplemented, std::string(what) + " is not offered by this component");
  std::string text;
  stretto_sink sink{sizeof(stretto_sink), &text, [](void* context, const char* data, size_t length) {
                      try {
                        static_cast<std::string*>(context)->assign(data, length);
                      } catch (...) {  // the code still tells what happened
                      }
                    }};
  const int32_t code = function(arguments..., &sink);
  if (code != STRETTO_OK) throw Error(static_cast<Code>(code), text.empty() ? std::string(what) + " failed" : text);
}

}  // namespace stretto
