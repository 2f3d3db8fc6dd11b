// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The inputs that fuzzing has kept, once more: what reached new code, and what was once a finding.

#include "job_to_plan.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

namespace stretto::fuzz {
namespace {

std::vector<std::filesystem::path> kept() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(STRETTO_FUZZ_CORPUS)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(EveryKeptInput, IsRefusedInWordsOrBecomesAPlan) {
  const auto paths = kept();
  EXPECT_GT(paths.size(), 50U) << "in " STRETTO_FUZZ_CORPUS;
  for (const auto& path : paths) {
    std::ifstream stream(path, std::ios::binary);
    const std::string input(std::istreambuf_iterator<char>(stream), {});
    EXPECT_TRUE(stream.good() && !input.empty()) << path;
    EXPECT_NO_THROW(job_to_plan(input)) << path;
  }
}

}  // namespace
}  // namespace stretto::fuzz
