// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// A short list is a std::vector to whoever uses it, wherever its numbers lie.

#include "stretto/short_list.h"

#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace stretto::testing {
namespace {

using List = ShortList<uint32_t, 3>;

List list_of(uint32_t count) {
  List list;
  for (uint32_t i = 0; i < count; ++i) list.push_back(10 + i);
  return list;
}

TEST(AShortList, HoldsWhatAVectorWouldAfterTheSameCalls) {
  std::mt19937_64 random(7);
  List list;
  std::vector<uint32_t> vector;
  for (uint32_t i = 0; i < 10000; ++i) {
    switch (random() % 8) {
      case 0:
        if (vector.empty()) break;
        list.pop_back();
        vector.pop_back();
        break;
      case 1: {
        if (vector.empty()) break;
        const auto at = static_cast<std::ptrdiff_t>(random() % vector.size());
        list.erase(list.begin() + at);
        vector.erase(vector.begin() + at);
        break;
      }
      case 2:
        if (random() % 4 != 0) break;
        list.clear();
        vector.clear();
        break;
      case 3: {
        const std::vector<uint32_t> other(random() % 8, i);
        list.assign(other.begin(), other.end());
        vector = other;
        break;
      }
      default: list.push_back(i); vector.push_back(i);
    }
    ASSERT_EQ(std::vector<uint32_t>(list.begin(), list.end()), vector);
    ASSERT_EQ(list.size(), vector.size());
  }
}

TEST(AShortList, IsCopiedAndMovedBetweenNearAndFar) {
  for (const uint32_t from : {0U, 1U, 3U, 4U, 9U})
    for (const uint32_t to : {0U, 3U, 4U, 20U}) {
      const List original = list_of(from);
      List target = list_of(to);
      target = original;
      EXPECT_EQ(target, original);
      List copy(original);
      EXPECT_EQ(copy, original);
      target = list_of(to);
      target = std::move(copy);
      EXPECT_EQ(target, original);
      const List moved(std::move(target));
      EXPECT_EQ(moved, original);
    }
}

TEST(AShortList, SurvivesBeingAssignedToItself) {
  for (const uint32_t count : {2U, 5U}) {
    List list = list_of(count);
    const List& same = list;
    list = same;
    EXPECT_EQ(list, list_of(count));
  }
}

TEST(AShortList, TakesAnElementOfItsOwnWhileItGrows) {
  List list = list_of(3);
  list.push_back(list.front());
  EXPECT_EQ(list, (List{10, 11, 12, 10}));
}

TEST(AShortList, DiffersInLengthAndInEachNumber) {
  EXPECT_NE((List{1, 2}), (List{1, 2, 3}));
  EXPECT_NE((List{1, 2}), (List{1, 3}));
  EXPECT_NE((List{1, 2, 3, 4}), (List{1, 2, 3, 5}));
}

}  // namespace
}  // namespace stretto::testing
