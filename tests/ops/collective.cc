// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "collective_contract.h"

namespace stretto::contract {

const OpsUnderTest kCollective{{"collective_cpu", "collective"}};
INSTANTIATE_TEST_SUITE_P(CollectiveCpu, OpContract, testing::Values(kCollective));
INSTANTIATE_TEST_SUITE_P(CollectiveCpu, CollectiveContract, testing::Values(kCollective));

}  // namespace stretto::contract
