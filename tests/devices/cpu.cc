// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "device_contract.h"

namespace stretto::contract {

INSTANTIATE_TEST_SUITE_P(Cpu, DeviceContract,
                         testing::Values(DeviceUnderTest{{"cpu", "cpu"}}, DeviceUnderTest{{"cpu", "cpu", "spin = 0"}}));

TEST(CpuDevice, EveryIndexIsTheSameHost) {
  const OpenDevice device({"cpu", "cpu"}, 3);
  const OpenLane lane(device);
  EXPECT_EQ(lane.native().index, 3);
}

TEST(CpuDevice, NegativeIndexIsRefused) {
  try {
    const OpenDevice device({"cpu", "cpu"}, -1);
    FAIL() << "it was opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::invalid_argument);
    EXPECT_NE(std::string(error.what()).find("-1"), std::string::npos) << error.what();
  }
}

TEST(CpuDevice, FreshMemoryIsZero) {
  const OpenDevice device({"cpu", "cpu"});
  for (const uint64_t bytes : {100, 4 << 20}) {
    const DeviceMemory memory(device, bytes);
    for (uint64_t i = 0; i < bytes; ++i) ASSERT_EQ(*memory.at(i), std::byte{0}) << "byte " << i << " of " << bytes;
  }
}

}  // namespace stretto::contract
