// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// Copies past the caches: every byte, and none beside them, wherever they begin and end.

#include "copy.h"

#include <algorithm>
#include <cstddef>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace stretto::ucx {
namespace {

using Copy = void (*)(void*, const void*, uint64_t);

void expect_copied(Copy copy, uint64_t bytes, uint64_t to, uint64_t from, const std::vector<std::byte>& random) {
  constexpr std::byte kUntouched{0xa5};
  std::vector<std::byte> target(to + bytes + 64, kUntouched);
  copy(target.data() + to, random.data() + from, bytes);
  const auto begin = target.begin() + static_cast<ptrdiff_t>(to);
  const auto end = begin + static_cast<ptrdiff_t>(bytes);
  EXPECT_TRUE(std::equal(begin, end, random.begin() + static_cast<ptrdiff_t>(from)))
      << bytes << " " << to << " " << from;
  EXPECT_EQ(std::count(target.begin(), begin, kUntouched), static_cast<ptrdiff_t>(to));
  EXPECT_EQ(std::count(end, target.end(), kUntouched), 64);
}

std::vector<std::byte> random_bytes(uint64_t count) {
  std::mt19937_64 random(1);
  std::vector<std::byte> bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

TEST(CopyPastCaches, CopiesEveryByteAndNoOther) {
  const auto random = random_bytes(100'000);
  for (const uint64_t bytes : {0, 1, 63, 64, 65, 4096, 16'383, 16'384, 16'385, 16'447, 16'448, 40'000, 99'000})
    for (const uint64_t to : {0, 1, 15, 16, 63, 64})
      for (const uint64_t from : {0, 1, 17}) expect_copied(copy_past_caches, bytes, to, from, random);
}

TEST(CopyPayload, GoesEitherWay) {
  const auto random = random_bytes(kPastCaches + 100);
  for (const uint64_t bytes : {kPastCaches - 1, kPastCaches, kPastCaches + 77})
    expect_copied(copy_payload, bytes, 3, 5, random);
}

}  // namespace
}  // namespace stretto::ucx
