// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

namespace stretto::support {

/// The files of shared memory that this program and its children may leave: in /dev/shm, and in the folder where a
/// library that keeps files there was told to keep them (tests/meson.build), as what runs beside has files too.
inline std::set<std::string> shared_memory_files() {
  const char* own = std::getenv("STRETTO_TEST_SHARED_MEMORY");  // NOLINT(concurrency-mt-unsafe): nothing sets it
  std::set<std::string> found;
  for (const std::string folder : {"/dev/shm", own == nullptr ? "" : own}) {
    std::error_code error;  // entries may vanish meanwhile
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
      found.insert(entry->path().string());
  }
  return found;
}

}  // namespace stretto::support
