// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The transport nccl between four actors with a GPU each, on the fake: what a transport must do, with both kinds of
/// communicators.

#include "collectives_contract.h"
#include "transport_contract.h"

namespace stretto::contract {

const auto kBoth =
    testing::Values(TransportUnderTest{{"nccl", "nccl"}, {"cuda", "cuda"}, true},
                    TransportUnderTest{{"nccl", "nccl", "communicators = \"pair\""}, {"cuda", "cuda"}, true});
INSTANTIATE_TEST_SUITE_P(FakeNccl, TransportContract, kBoth);
INSTANTIATE_TEST_SUITE_P(FakeNccl, CollectivesContract, kBoth);

TEST(FakeNccl, ActorsThatShareAGpuAreRefused) {
  Ensemble ensemble(TransportUnderTest{{"nccl", "nccl"}, {"cuda", "cuda"}, false}, 2, {{.slot_bytes = 8}});
  const Outcome outcome = ensemble.connect();
  EXPECT_TRUE(failed_with(Code::unavailable, outcome));
  EXPECT_NE(outcome.message.find("share_device"), std::string::npos) << outcome.message;
}

}  // namespace stretto::contract
