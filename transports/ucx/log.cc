// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "log.h"

#include "stretto/plugin.h"

#include <array>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <ucs/debug/debug.h>
#include <ucs/debug/log_def.h>

namespace stretto::ucx {
namespace {

/// The host's levels: 1 warning, 2 note, 3 detail. Never 0: whether a transport's trouble is an error, a call's code
/// says; the death of a peer is told by the core, and UCX words it as its own error.
int32_t level_of(ucs_log_level_t level) {
  if (level <= UCS_LOG_LEVEL_FATAL) return 1;
  if (level <= UCS_LOG_LEVEL_WARN) return 2;
  return 3;
}

ucs_log_func_rc_t forward(const char* /*file*/, unsigned /*line*/, const char* /*function*/, ucs_log_level_t level,
                          const ucs_log_component_config_t* /*component*/, const char* message, va_list arguments) {
  std::array<char, 1024> text{};
  const int prefix = std::snprintf(text.data(), text.size(), "UCX: ");
  std::vsnprintf(text.data() + prefix, text.size() - static_cast<size_t>(prefix), message, arguments);
  if (host() != nullptr && host()->log != nullptr) host()->log(host()->context, level_of(level), text.data());
  return UCS_LOG_FUNC_RC_STOP;
}

}  // namespace

void take_over_log() {
  static std::once_flag once;
  std::call_once(once, [] {
    ucs_log_push_handler(&forward);
    if (std::getenv("UCX_HANDLE_ERRORS") != nullptr) return;  // NOLINT(concurrency-mt-unsafe): UCX reads it too
    for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE}) ucs_debug_disable_signal(signal);
  });
}

}  // namespace stretto::ucx
