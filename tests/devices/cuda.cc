// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The device cuda. On a machine without a GPU (T1): it loads, and says so. On one with a GPU (T3): the contract, and
/// what only a GPU can show.

#include "exports_contract.h"

namespace stretto::contract {
namespace {

const UnderTest kCuda{"cuda", "cuda"};

INSTANTIATE_TEST_SUITE_P(Cuda, DeviceContract, testing::Values(DeviceUnderTest{kCuda}), ByComponent());
INSTANTIATE_TEST_SUITE_P(Cuda, ExportsContract, testing::Values(DeviceUnderTest{kCuda}), ByComponent());

const stretto_device_api& api() {
  return *static_cast<const stretto_device_api*>(load_component(plugin_path("cuda"), STRETTO_DEVICE, "cuda").api);
}

/// Devices here, and the reason where there is none.
std::pair<int32_t, std::string> counted() {
  int32_t count = -1;
  const Outcome outcome = outcome_of([&](const stretto_sink* sink) { return api().count(&count, sink); });
  EXPECT_EQ(outcome.code, Code::ok) << outcome.message;
  return {count, outcome.message};
}

Code opened(int32_t index, std::string& message) {
  try {
    const OpenDevice device(kCuda, index);
    return Code::ok;
  } catch (const Error& error) {
    message = error.what();
    return error.code();
  }
}

TEST(CudaDevice, LoadsWithoutADriverAndSaysWhatIsMissing) {
  const auto [count, reason] = counted();
  if (count != 0) GTEST_SKIP() << "this machine has a GPU";
  EXPECT_NE(reason.find("driver"), std::string::npos) << reason;
  std::string message;
  EXPECT_EQ(opened(0, message), Code::unavailable);
  EXPECT_NE(message.find(reason), std::string::npos) << message;
}

TEST(CudaDevice, IndexBeyondTheLastIsUnavailable) {
  const auto [count, reason] = counted();
  for (const int32_t index : {count, 1000, -1}) {
    std::string message;
    EXPECT_EQ(opened(index, message), Code::unavailable);
    EXPECT_FALSE(message.empty());
  }
}

class OnGpu : public testing::Test {
 protected:
  void SetUp() override {
    const auto [count, reason] = counted();
    if (count == 0) GTEST_SKIP() << reason;
    device_ = std::make_unique<OpenDevice>(kCuda);
  }
  const OpenDevice& device() const { return *device_; }

 private:
  std::unique_ptr<OpenDevice> device_;
};
using CudaLanes = OnGpu;
using CudaPinnedMemory = OnGpu;
using CudaSemaphore = OnGpu;

// What hardware queues that lanes share would break: each lane waits for the host, and the last one is let go first.
TEST_F(CudaLanes, WaitForTheHostWithoutHoldingEachOtherBack) {
  constexpr size_t kLanes = 24;
  std::vector<std::unique_ptr<OpenSemaphore>> gates;
  std::vector<std::unique_ptr<OpenSemaphore>> passed;
  std::vector<std::unique_ptr<OpenLane>> lanes;
  for (size_t i = 0; i < kLanes; ++i) {
    gates.push_back(std::make_unique<OpenSemaphore>(device()));
    passed.push_back(std::make_unique<OpenSemaphore>(device()));
    lanes.push_back(std::make_unique<OpenLane>(device(), static_cast<int32_t>(i % 2)));
    ASSERT_TRUE(succeeded(lanes[i]->wait(*gates[i], 1).get()));
    ASSERT_TRUE(succeeded(lanes[i]->signal(*passed[i], 1).get()));
  }
  for (size_t i = kLanes; i-- > 0;) {
    ASSERT_TRUE(succeeded(gates[i]->signal(1)));
    ASSERT_TRUE(succeeded(passed[i]->wait(1, soon()))) << "lane " << i;
    if (i != 0) {
      ASSERT_TRUE(failed_with(Code::timed_out, passed[i - 1]->wait(1, shortly())));
    }
  }
}

// More values under way than the ring has events when it is made; and waits for values that have left it.
TEST_F(CudaSemaphore, RemembersWhatWasRaisedLongAgo) {
  constexpr uint64_t kValues = 1000;
  const OpenSemaphore gate(device());
  const OpenSemaphore counter(device());
  const OpenSemaphore after(device());
  OpenLane lane(device());
  OpenLane other(device());
  lane.wait(gate, 1);
  for (uint64_t value = 1; value <= kValues; ++value) ASSERT_TRUE(succeeded(lane.signal(counter, value).get()));
  ASSERT_TRUE(failed_with(Code::timed_out, counter.wait(1, shortly())));
  ASSERT_TRUE(succeeded(gate.signal(1)));
  for (uint64_t value = kValues + 1; value <= 2 * kValues; ++value) lane.signal(counter, value);
  for (const uint64_t value : {uint64_t{1}, kValues / 2, kValues, 2 * kValues}) {
    ASSERT_TRUE(succeeded(other.wait(counter, value).get()));
    EXPECT_TRUE(succeeded(counter.wait(value, soon())));
  }
  ASSERT_TRUE(succeeded(other.signal(after, 1).get()));
  EXPECT_TRUE(succeeded(after.wait(1, soon())));
}

TEST_F(CudaSemaphore, HasOneRaiser) {
  const OpenSemaphore semaphore(device());
  OpenLane lane(device());
  OpenLane other(device());
  ASSERT_TRUE(succeeded(lane.signal(semaphore, 1).get()));
  EXPECT_TRUE(failed_with(Code::invalid_argument, other.signal(semaphore, 2).get()));
  EXPECT_TRUE(failed_with(Code::invalid_argument, semaphore.signal(2)));
}

TEST_F(CudaLanes, TakeNoWorkAfterAbort) {
  const OpenSemaphore semaphore(device());
  OpenLane lane(device());
  device().abort();
  EXPECT_TRUE(failed_with(Code::cancelled, lane.signal(semaphore, 1).get()));
  EXPECT_TRUE(failed_with(Code::cancelled, lane.wait(semaphore, 1).get()));
  EXPECT_TRUE(failed_with(Code::cancelled, lane.copy(nullptr, nullptr, 0).get()));
}

TEST_F(CudaPinnedMemory, IsCountedAcrossTheDevicesOfAProcess) {
  const OpenDevice second(kCuda);
  alignas(4096) static std::array<std::byte, 4096> page{};
  const auto pin = [&](const OpenDevice& at, size_t offset, size_t bytes) {
    return outcome_of(
        [&](const stretto_sink* sink) { return at.api().pin(at.raw(), page.data() + offset, bytes, sink); });
  };
  ASSERT_TRUE(succeeded(pin(device(), 0, 64)));
  ASSERT_TRUE(succeeded(pin(second, 0, 64)));
  ASSERT_TRUE(succeeded(pin(second, 128, 64)));
  device().api().unpin(device().raw(), page.data());
  second.api().unpin(second.raw(), page.data());
  const DeviceMemory memory(device(), 64);
  OpenLane lane(device());
  page[130] = std::byte{7};
  ASSERT_TRUE(succeeded(lane.copy(memory.data(), page.data() + 128, 64).get()));
  ASSERT_TRUE(succeeded(lane.settle()));
  second.api().unpin(second.raw(), page.data() + 128);
  ASSERT_TRUE(succeeded(pin(device(), 0, 4096)));
  device().api().unpin(device().raw(), page.data());
}

TEST_F(CudaPinnedMemory, SharedPartlyIsRefused) {
  alignas(4096) static std::array<std::byte, 3 * 4096> pages{};
  const auto pin = [&](size_t offset, size_t bytes) {
    return outcome_of([&](const stretto_sink* sink) {
      return device().api().pin(device().raw(), pages.data() + offset, bytes, sink);
    });
  };
  ASSERT_TRUE(succeeded(pin(0, 4096)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, pin(4000, 4096)));
  device().api().unpin(device().raw(), pages.data());
}

}  // namespace
}  // namespace stretto::contract
