// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace stretto {

/// Writes a whole file; blocks. Throws Code::invalid_argument, with the path and the reason, where it cannot.
void write_file(const std::string& path, const std::string& content);

/// To the file, or to stdout where the path is empty.
void write_result(const std::string& path, const std::string& content);

}  // namespace stretto
