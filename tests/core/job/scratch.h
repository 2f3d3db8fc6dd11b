// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "job/job.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>

namespace stretto {

/// A folder of files that lives as long as the object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "stretto-job-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  /// Writes a file and returns its path.
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return (path_ / name).string();
  }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Reads a job from text; messages call the file "job.toml".
class JobReading : public testing::Test {
 protected:
  Job read(const std::string& text, const Overlays& overlays = {}) {
    return read_job(folder_.write("job.toml", text), overlays);
  }
  /// The message that reading fails with, without the folder's path.
  std::string failure(const std::string& text, const Overlays& overlays = {}) {
    try {
      read(text, overlays);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::invalid_argument);
      return without_folder(error.what());
    }
    ADD_FAILURE() << "this was read without an error:\n" << text;
    return "";
  }
  std::string without_folder(std::string message) const {
    const std::string folder = folder_ / "";
    for (auto at = message.find(folder); at != std::string::npos; at = message.find(folder))
      message.erase(at, folder.size());
    return message;
  }

  ScratchFolder folder_;
};

}  // namespace stretto
