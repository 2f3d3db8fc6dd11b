// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stretto/runtime.h"

#include <string>
#include <string_view>

namespace stretto {

/// Reads the bytes of an .npy file, format 1.0 to 3.0 (numpy.lib.format): one array of a plain little-endian type in
/// row-major order. `name` stands for the file in messages. Throws Code::invalid_argument for anything else, also for
/// a file that is longer or shorter than its header says. Pure.
Tensor parse_npy(std::string_view bytes, const std::string& name);

/// Reads a file; blocks for that. Throws as above, and where it cannot be read.
Tensor read_npy(const std::string& path);

}  // namespace stretto
