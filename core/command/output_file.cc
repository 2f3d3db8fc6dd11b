// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "command/output_file.h"

#include "stretto/error.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

namespace stretto {

void write_file(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  if (!file.flush())
    throw Error(Code::invalid_argument, fmt::format("cannot write '{}': {}", path, std::strerror(errno)));
}

void write_result(const std::string& path, const std::string& content) {
  if (path.empty())
    fmt::print("{}", content);
  else
    write_file(path, content);
}

}  // namespace stretto
