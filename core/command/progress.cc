// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/progress.h"

#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace stretto {

namespace {
constexpr std::chrono::milliseconds kPeriod{100};
}

Progress::Progress(bool quiet) : shown_(!quiet && isatty(STDERR_FILENO) != 0) {}

void Progress::count(const std::string& what, int64_t done, int64_t total) {
  if (!shown_ || (what == counted_ && std::chrono::steady_clock::now() < next_)) return;
  counted_ = what;
  say(fmt::format("{}: {} of {}", what, done, total));
}

void Progress::say(const std::string& what) {
  if (!shown_) return;
  fmt::print(stderr, "\r\x1b[K{}{}", prefix_, what);
  std::fflush(stderr);
  dirty_ = true;
  next_ = std::chrono::steady_clock::now() + kPeriod;
}

void Progress::clear() {
  if (!dirty_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  dirty_ = false;
}

}  // namespace stretto
