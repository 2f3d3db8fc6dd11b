// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// What the test device adds to the contract of devices: it notices misuse, hides its memory, and completes late.

#include "device.h"

#include "lane.h"

#include <cmath>
#include <gtest/gtest.h>
#include <set>

namespace stretto::testing {
namespace {

/// Settings of the device as the host hands them over.
struct Options {
  std::string mode = "random";
  int64_t seed = 0, break_after = 0, refuse = 0;
  double quiet = 0.0002;
  stretto_setting settings[5]{};
  const stretto_setting* pointers[5]{};
  stretto_settings raw{};

  DeviceOpen open(int index = 0) {
    for (auto& setting : settings) setting.size = sizeof setting;
    settings[0].name = "mode";
    settings[0].text = mode.c_str();
    settings[1].name = "seed";
    settings[1].integer = seed;
    settings[2].name = "quiet";
    settings[2].real = quiet;
    settings[3].name = "break_after";
    settings[3].integer = break_after;
    settings[4].name = "refuse";
    settings[4].integer = refuse;
    for (int i = 0; i < 5; ++i) pointers[i] = &settings[i];
    raw = {sizeof raw, 5, pointers};
    return {index, Settings(&raw)};
  }
};

Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(20); }

/// Waits until the device has died, and says why.
std::string death(AsyncDevice& device) {
  const auto semaphore = device.open_semaphore();
  try {
    semaphore->host_wait(1, soon());
  } catch (const Error&) {
  }
  try {
    device.status();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

class EveryMode : public ::testing::TestWithParam<const char*> {
 protected:
  EveryMode() { options_.mode = GetParam(); }
  Options options_;
};
INSTANTIATE_TEST_SUITE_P(Modes, EveryMode, ::testing::Values("fifo", "random", "latest"));

TEST_P(EveryMode, CopiesArriveInLaneOrder) {
  AsyncDevice device(options_.open());
  const auto lane = device.open_lane("l", 0);
  const auto done = device.open_semaphore();
  void* inside = device.allocate(4);
  int32_t first = 11, second = 22, back = 0;
  for (int32_t* memory : {&first, &second, &back}) device.pin(memory, 4);
  lane->copy(inside, &first, 4);
  lane->copy(inside, &second, 4);
  lane->copy(&back, inside, 4);
  lane->signal(*done, 1);
  done->host_wait(1, soon());
  EXPECT_EQ(back, 22);
  device.free(inside);
}

TEST_P(EveryMode, ALaneWaitsForAnother) {
  AsyncDevice device(options_.open());
  const auto writer = device.open_lane("writer", 0), reader = device.open_lane("reader", 0);
  const auto ready = device.open_semaphore(), go = device.open_semaphore(), done = device.open_semaphore();
  void* inside = device.allocate(4);
  int32_t value = 7, back = 0;
  device.pin(&value, 4);
  device.pin(&back, 4);
  reader->wait(*ready, 1);
  reader->copy(&back, inside, 4);
  reader->signal(*done, 1);
  writer->wait(*go, 1);
  writer->copy(inside, &value, 4);
  writer->signal(*ready, 1);
  go->host_signal(1);
  done->host_wait(1, soon());
  EXPECT_EQ(back, 7);
}

TEST_P(EveryMode, ALaneThatNobodyAwaitsRunsToo) {
  AsyncDevice device(options_.open());
  const auto lane = device.open_lane("l", 0);
  std::atomic<bool> ran{false};
  async_lane(lane->native()).enqueue([&] { ran = true; });
  const auto until = soon();
  while (!ran && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(ran);
}

TEST_P(EveryMode, AbortEndsWaitsAndLanes) {
  AsyncDevice device(options_.open());
  auto lane = device.open_lane("l", 0);
  const auto never = device.open_semaphore();
  lane->wait(*never, 1);
  std::thread aborter([&] { device.abort(); });
  try {
    never->host_wait(1, soon());
    ADD_FAILURE() << "the wait ended without an error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::cancelled);
  }
  aborter.join();
  lane.reset();
  EXPECT_NO_THROW(device.status());
}

TEST(AsyncDevice, LatestWaitsUntilSomebodyAsks) {
  Options options;
  options.mode = "latest";
  options.quiet = 1;
  AsyncDevice device(options.open());
  const auto asked = device.open_lane("asked", 0), idle = device.open_lane("idle", 0);
  const auto done = device.open_semaphore();
  std::atomic<int> order{0}, idle_at{0}, asked_at{0};
  async_lane(idle->native()).enqueue([&] { idle_at = ++order; });
  async_lane(asked->native()).enqueue([&] { asked_at = ++order; });
  asked->signal(*done, 1);
  done->host_wait(1, soon());
  EXPECT_EQ(asked_at, 1);
  EXPECT_EQ(idle_at, 0);
}

TEST(AsyncDevice, RandomDrawsDifferentOrders) {
  std::set<std::string> orders;
  for (int64_t seed = 0; seed < 40; ++seed) {
    Options options;
    options.seed = seed;
    AsyncDevice device(options.open());
    const auto go = device.open_semaphore();
    std::string order;
    std::vector<std::unique_ptr<Lane>> lanes;
    std::vector<std::unique_ptr<Semaphore>> ends;
    for (const char name : {'a', 'b', 'c'}) {
      auto& lane = lanes.emplace_back(device.open_lane("l", 0));
      lane->wait(*go, 1);
      async_lane(lane->native()).enqueue([&order, name] { order += name; });  // one lane at a time
      lane->signal(*ends.emplace_back(device.open_semaphore()), 1);
    }
    go->host_signal(1);
    for (const auto& end : ends) end->host_wait(1, soon());
    orders.insert(order);
  }
  EXPECT_GE(orders.size(), 4U);
}

TEST(AsyncDeviceDeathTest, TheHostCannotTouchItsMemory) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  Options options;
  AsyncDevice device(options.open());
  auto* inside = static_cast<volatile char*>(device.allocate(64));
  EXPECT_DEATH(inside[0] = 1, "");
}

TEST(AsyncDevice, FreshMemoryIsPoisoned) {
  Options options;
  AsyncDevice device(options.open());
  const auto* seen = static_cast<float*>(device.translate(device.allocate(64), 64));
  for (int i = 0; i < 16; ++i) EXPECT_TRUE(std::isnan(seen[i]));
}

TEST(AsyncDevice, ForeignMemoryIsItsDeath) {
  Options options;
  AsyncDevice device(options.open());
  const auto lane = device.open_lane("l", 0);
  int32_t local = 0;
  EXPECT_THROW(lane->copy(&local, device.allocate(4), 4), Error);
  EXPECT_NE(death(device).find("neither memory of this device nor pinned"), std::string::npos);
}

TEST(AsyncDevice, FreedMemoryIsItsDeath) {
  Options options;
  AsyncDevice device(options.open());
  const auto lane = device.open_lane("l", 0);
  void* inside = device.allocate(4);
  device.free(inside);
  EXPECT_THROW(lane->copy(inside, device.allocate(4), 4), Error);
  EXPECT_NE(death(device).find("freed"), std::string::npos);
}

TEST(AsyncDevice, BytesPastTheEndAreItsDeath) {
  Options options;
  AsyncDevice device(options.open());
  EXPECT_THROW(device.translate(device.allocate(8), 9), Error);
  EXPECT_NE(death(device), "");
}

TEST(AsyncDevice, AFallingSemaphoreIsItsDeath) {
  Options options;
  AsyncDevice device(options.open());
  const auto lane = device.open_lane("l", 0);
  const auto semaphore = device.open_semaphore();
  lane->signal(*semaphore, 5);
  lane->signal(*semaphore, 4);
  EXPECT_NE(death(device).find("may only grow"), std::string::npos);
}

TEST(AsyncDevice, AThrowingLaneIsItsDeath) {
  Options options;
  AsyncDevice device(options.open());
  const auto lane = device.open_lane("l", 0);
  async_lane(lane->native()).enqueue([] { throw Error(Code::internal, "a wild kernel"); });
  EXPECT_NE(death(device).find("a wild kernel"), std::string::npos);
}

TEST(AsyncDevice, TwoThreadsOnOneLaneAreItsDeath) {
  Options options;
  AsyncDevice device(options.open());
  const auto lane = device.open_lane("l", 0);
  const auto until = soon();
  std::atomic<bool> noticed{false};
  const auto hammer = [&] {
    while (!noticed && std::chrono::steady_clock::now() < until) try {
        async_lane(lane->native()).enqueue([] {});
      } catch (const Error&) {
        noticed = true;
      }
  };
  std::thread other(hammer);
  hammer();
  other.join();
  EXPECT_NE(death(device).find("two threads use lane 'l'"), std::string::npos);
}

TEST(AsyncDevice, BreaksWhereItIsTold) {
  Options options;
  options.break_after = 3;
  AsyncDevice device(options.open());
  const auto lane = device.open_lane("l", 0);
  std::atomic<int> ran{0};
  try {
    for (int i = 0; i < 5; ++i) async_lane(lane->native()).enqueue([&] { ++ran; });
  } catch (const Error&) {  // it may already be dead
  }
  EXPECT_NE(death(device).find("break_after"), std::string::npos);
  EXPECT_EQ(ran, 2);
}

TEST(AsyncDevice, RefusesThePieceOfMemoryThatItIsToldTo) {
  // Other tests keep some until their devices end.
  const auto held = [before = std::stoll(AsyncDevice::findings().front())] {
    return std::stoll(AsyncDevice::findings().front()) - before;
  };
  Options options;
  options.refuse = 2;
  AsyncDevice device(options.open());
  std::byte page[64];
  void* first = device.allocate(64);
  EXPECT_THROW(device.pin(page, sizeof page), Error);
  EXPECT_EQ(held(), 1);
  device.pin(page, sizeof page);
  EXPECT_EQ(held(), 2);
  device.unpin(page);
  device.free(first);
  EXPECT_EQ(held(), 0);
}

}  // namespace
}  // namespace stretto::testing
