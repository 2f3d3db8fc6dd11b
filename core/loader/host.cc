// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "loader/host.h"

#include "loader/text.h"
#include "stretto/error.h"

#include <cstdio>
#include <fmt/format.h>

namespace stretto {

namespace {

/// Errors and warnings reach the user; notes and details are for a log that nobody has asked for.
void log(void* /*context*/, int32_t level, const char* text) {
  constexpr int32_t kWarning = 1;
  if (level > kWarning || text == nullptr) return;
  const auto line = fmt::format("{}: {}\n", level < kWarning ? "error" : "warning", escaped(text));
  std::fwrite(line.data(), 1, line.size(), stderr);
}

int32_t open_component(void* context, int32_t kind, const char* name, const stretto_component** component,
                       const stretto_sink* sink) {
  return guard(sink, [&] {
    if (kind < STRETTO_TRANSPORT || kind > STRETTO_OP_LIBRARY)
      throw Error(Code::invalid_argument, fmt::format("there is no kind {} of components", kind));
    if (name == nullptr || component == nullptr)
      throw Error(Code::invalid_argument, "open_component was called with NULL");
    *component = (*static_cast<const Host::Open*>(context))(static_cast<stretto_kind>(kind), name);
  });
}

}  // namespace

Host::Host(Open open)
    : raw_{sizeof(stretto_host), STRETTO_ABI_VERSION, STRETTO_VERSION, &open_, &log, &open_component},
      open_(std::move(open)) {}

}  // namespace stretto
