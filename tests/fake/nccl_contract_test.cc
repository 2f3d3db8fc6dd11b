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

/// Two actors and a channel, whose ends have this memory as their slot. What connecting comes to.
Outcome connected_with(const std::string& options, bool on_device) {
  Ensemble ensemble(TransportUnderTest{{"nccl", "nccl", options}, {"cuda", "cuda"}, true}, 2, {{.slot_bytes = 64}});
  std::array<std::byte, 64> host{};
  std::vector<std::unique_ptr<DeviceMemory>> memory;
  for (uint32_t actor = 0; actor < 2; ++actor) {
    auto& end = actor == 0 ? ensemble.writer(0) : ensemble.reader(0);
    memory.push_back(std::make_unique<DeviceMemory>(ensemble.device(actor), 64));
    void* const slot = on_device ? memory.back()->data() : host.data();
    needed("bind", [&](const stretto_sink* sink) { return end.api().bind(end.raw(), 0, slot, 64, sink); });
  }
  const Outcome outcome = ensemble.connect();
  for (uint32_t actor = 0; actor < 2; ++actor) ensemble.close(actor);  // before the memory goes
  return outcome;
}

TEST(FakeNccl, SlotsAreRegisteredWhereAskedFor) {
  for (const std::string communicators : {"one", "pair"}) {
    const std::string both = "communicators = \"" + communicators + "\"\nregister = ";
    EXPECT_EQ(connected_with(both + "true", true).code, Code::ok);
    // NCCL is told of them, then: what lies on no GPU it refuses.
    const Outcome refused = connected_with(both + "true", false);
    EXPECT_TRUE(failed_with(Code::invalid_argument, refused));
    EXPECT_NE(refused.message.find("ncclCommRegister"), std::string::npos) << refused.message;
    EXPECT_EQ(connected_with(both + "false", false).code, Code::ok);
  }
}

TEST(FakeNccl, ActorsThatShareAGpuAreRefused) {
  Ensemble ensemble(TransportUnderTest{{"nccl", "nccl"}, {"cuda", "cuda"}, false}, 2, {{.slot_bytes = 8}});
  const Outcome outcome = ensemble.connect();
  EXPECT_TRUE(failed_with(Code::unavailable, outcome));
  EXPECT_NE(outcome.message.find("share_device"), std::string::npos) << outcome.message;
}

}  // namespace stretto::contract
