// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "device_contract.h"

namespace stretto::contract {
namespace {

DeviceUnderTest mode(const std::string& name) {
  return {{"async_device", "async_device", "mode = \"" + name + "\""}, uint64_t{1} << 60, true};
}

INSTANTIATE_TEST_SUITE_P(AsyncDeviceFifo, DeviceContract, testing::Values(mode("fifo")), ByComponent());
INSTANTIATE_TEST_SUITE_P(AsyncDeviceRandom, DeviceContract, testing::Values(mode("random")), ByComponent());
INSTANTIATE_TEST_SUITE_P(AsyncDeviceLatest, DeviceContract, testing::Values(mode("latest")), ByComponent());

}  // namespace
}  // namespace stretto::contract
