// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "stretto/graph.h"

namespace stretto {

std::string to_prefix(const Source& source) {
  if (source.line == 0) return source.file.empty() ? "" : source.file + ": ";
  return source.file + ":" + std::to_string(source.line) + ":" + std::to_string(source.column) + ": ";
}

}  // namespace stretto
