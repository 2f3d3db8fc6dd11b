// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/job_json_schema.h"
#include "command/print.h"

#include <fmt/format.h>

namespace stretto {

int schema_command(const Invocation& invocation) {
  const auto plugins = find_plugins(invocation);
  print_json(job_json_schema(plugins));
  for (const FoundPlugin& plugin : plugins)
    if (!plugin.error.empty() && !invocation.quiet)
      fmt::print(stderr, "stretto: left out {}: {}\n", plugin.path.string(), plugin.error);
  return kDone;
}

}  // namespace stretto
