// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/output_file.h"
#include "command/print.h"
#include "command/ready.h"
#include "trace/picture.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace stretto {

int draw_command(const Invocation& invocation) {
  const Picture picture = picture_of(prepare(invocation).plan);
  const std::string drawn = invocation.format == "mermaid" ? to_mermaid(picture)
                            : invocation.format == "svg"   ? to_svg(picture)
                                                           : to_dot(picture);
  if (invocation.json && invocation.output.empty()) {
    print_json({{"format", invocation.format}, {"picture", drawn}});
    return kDone;
  }
  write_result(invocation.output, drawn);
  if (invocation.json)
    print_json({{"format", invocation.format}, {"written", invocation.output}});
  else if (!invocation.output.empty() && !invocation.quiet)
    fmt::print(stderr, "drew {} nodes into {}\n", picture.boxes.size(), invocation.output);
  return kDone;
}

}  // namespace stretto
