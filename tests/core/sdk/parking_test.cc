// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

#include "stretto/parking.h"

#include <gtest/gtest.h>
#include <thread>

namespace stretto::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr auto kLong = hours(1);  // a wait that spun so long would be a test that hangs

Deadline now() { return std::chrono::steady_clock::now(); }

TEST(ASpin, OfNoTimeHasNoTry) { EXPECT_FALSE(Spin(nanoseconds(0)).again()); }

TEST(ASpin, TriesAFewTimesHoweverShort) {
  Spin spin(nanoseconds(1));
  for (int i = 0; i < 15; ++i) EXPECT_TRUE(spin.again());
}

TEST(ASpin, EndsAfterItsTime) {
  const auto begin = now();
  for (Spin spin(milliseconds(2)); spin.again();) {
  }
  EXPECT_GE(now() - begin, milliseconds(2));
}

TEST(ASpin, EndsAtItsDeadlineEvenIfSomethingComesOfEveryTry) {
  const auto deadline = now() + milliseconds(2);
  for (Spin spin(kLong, deadline); spin.again();) spin.restart();
  EXPECT_GE(now(), deadline);
}

TEST(ASpin, BeginsAnewOnceSomethingCameOfIt) {
  Spin spin(milliseconds(2));
  const auto begin = now();
  while (now() - begin < milliseconds(6)) {
    ASSERT_TRUE(spin.again());
    spin.restart();
  }
  const auto later = now();
  while (spin.again()) {
  }
  EXPECT_GE(now() - later, milliseconds(2));
}

TEST(AParkingSpot, ThatWouldSpinForAnHourKeepsItsDeadline) {
  ParkingSpot spot{};
  const auto deadline = now() + milliseconds(2);
  EXPECT_FALSE(spot.wait([] { return false; }, deadline, kLong));
  EXPECT_GE(now(), deadline);
}

TEST(AParkingSpot, FindsWhatIsTrueAlreadyAfterItsDeadline) {
  ParkingSpot spot{};
  for (const nanoseconds spin : {nanoseconds(0), nanoseconds(kShortSpin)})
    EXPECT_TRUE(spot.wait([] { return true; }, now() - hours(1), spin));
}

TEST(AParkingSpot, WakesWhoParkedAtOnceAndWhoSpins) {
  for (const nanoseconds spin : {nanoseconds(0), nanoseconds(kShortSpin), nanoseconds(kLong)}) {
    ParkingSpot spot{};
    std::atomic<int> turn{0};
    constexpr int kTurns = 200;
    const auto take_turns = [&](int parity) {
      for (int i = parity; i < kTurns; i += 2) {
        if (!spot.wait([&] { return turn.load(std::memory_order_acquire) == i; }, now() + hours(1), spin)) return;
        turn.store(i + 1, std::memory_order_release);
        spot.wake_all();
      }
    };
    std::thread other(take_turns, 1);
    take_turns(0);
    other.join();
    EXPECT_EQ(turn.load(), kTurns);
  }
}

}  // namespace
}  // namespace stretto::testing
