// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// How the transport nccl ends, on a fake that waits as NCCL does: an abort returns once all that the communicator has
/// on streams has ended and no graph has anything of it.

#include "ensemble.h"
#include "fake_gpu.h"

#include <cstring>
#include <nccl.h>

extern "C" size_t stretto_fake_communicators();

namespace stretto::contract {

TransportUnderTest nccl_with(const std::string& communicators) {
  return {{"nccl", "nccl", "communicators = \"" + communicators + "\""}, {"cuda", "cuda"}, true};
}

/// Everything was given back.
class NcclEnds : public ::testing::Test {
 protected:
  void SetUp() override { stretto_fake_expect_violations(); }
  void TearDown() override {
    EXPECT_STREQ(stretto_fake_violation(), "");
    EXPECT_EQ(stretto_fake_communicators(), 0U);
    EXPECT_EQ(stretto_fake_leaks(), 0U);
    stretto_fake_forgive();
  }
};

/// A rank of the communicator that these actors are about to make, which comes there and no further.
class Laggard {
 public:
  Laggard(const Word& id, int ranks, int rank) {
    ncclUniqueId raw{};
    std::memcpy(&raw, id.bytes.data(), sizeof raw);
    ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
    config.blocking = 0;
    EXPECT_EQ(ncclCommInitRankConfig(&communicator_, ranks, raw, rank, &config), ncclInProgress);
  }
  Laggard(const Laggard&) = delete;
  Laggard& operator=(const Laggard&) = delete;
  ~Laggard() { ncclCommAbort(communicator_); }

 private:
  ncclComm_t communicator_ = nullptr;
};

class NcclEndsConnecting : public NcclEnds, public ::testing::WithParamInterface<std::string> {};

TEST_P(NcclEndsConnecting, WhenAPeerDoesNotCome) {
  Ensemble ensemble(nccl_with(GetParam()), 2, {{.slot_bytes = 8}});
  std::vector<Word> told(2);
  bool done = false;
  for (uint32_t round = 0; round < 2; ++round) {
    const auto theirs = round == 0 ? std::vector<Word>{} : told;
    for (uint32_t actor = 0; actor < 2; ++actor)
      ASSERT_TRUE(succeeded(ensemble.transport(actor).connect(round, theirs, told[actor], done, soon())));
  }
  const Laggard laggard(told[0], 2, 1);
  const auto deadline = to_raw(deadline_after(std::chrono::milliseconds(100)));
  Word ignored;
  EXPECT_TRUE(failed_with(Code::timed_out, ensemble.transport(0).connect(2, told, ignored, done, deadline)));
  ensemble.close(0);
}

INSTANTIATE_TEST_SUITE_P(Fake, NcclEndsConnecting, testing::Values("one", "pair"));

/// Posts a receive of a message that nobody sends.
Outcome await_message(Ensemble& ensemble, uint32_t channel, const DeviceMemory& to) {
  const auto& end = ensemble.reader(channel);
  return ensemble.lane(0)
      .run([&](const stretto_native& native, const stretto_sink* sink) {
        return end.api().lane_receive(end.raw(), &native, to.data(), to.bytes(), sink);
      })
      .get();
}

TEST_F(NcclEnds, ThoughWorkLiesBehindThatOfAnotherCommunicator) {
  Ensemble ensemble(nccl_with("pair"), 3,
                    {{.slot_bytes = 8, .writer = 1, .readers = {0}}, {.slot_bytes = 8, .writer = 2, .readers = {0}}});
  const DeviceMemory memory(ensemble.device(0), 8);
  ASSERT_TRUE(succeeded(ensemble.connect()));
  for (const uint32_t channel : {1U, 0U}) ASSERT_TRUE(succeeded(await_message(ensemble, channel, memory)));
  ensemble.actor(0).abort();
  ensemble.actor(0).close_lane();
  ensemble.close(0);
}

TEST_F(NcclEnds, ThoughAGroupWasLeftOpen) {
  Ensemble ensemble(nccl_with("one"), 2, {{.slot_bytes = 8, .writer = 1, .readers = {0}}});
  const DeviceMemory memory(ensemble.device(0), 8);
  ASSERT_TRUE(succeeded(ensemble.connect()));
  ASSERT_TRUE(succeeded(await_message(ensemble, 0, memory)));
  const auto& end = ensemble.reader(0);
  auto posted = ensemble.lane(0).run([&](const stretto_native& /*lane*/, const stretto_sink* sink) {
    end.api().group_begin(ensemble.transport(0).raw(), sink);
    const stretto_native other{sizeof other, 0, "host", 0, 0};
    return end.api().lane_receive(end.raw(), &other, memory.data(), 8, sink);
  });
  EXPECT_TRUE(failed_with(Code::invalid_argument, posted.get()));
  ensemble.actor(0).abort();
  ensemble.actor(0).close_lane();
  ensemble.close(0);
}

TEST_F(NcclEnds, GroupsAtOnceThoughAGraphLivesOn) {
  Ensemble ensemble(nccl_with("one"), 2, {{.slot_bytes = 8, .writer = 1, .readers = {0}}});
  const DeviceMemory memory(ensemble.device(0), 8);
  ASSERT_TRUE(succeeded(ensemble.connect()));
  const auto& end = ensemble.reader(0);
  const auto& device = ensemble.device(0);
  stretto_lane* lane = nullptr;
  stretto_native native{sizeof native, 0, nullptr, 0, 0};
  stretto_capture* capture = nullptr;
  needed("lane_open", [&](const auto* sink) { return device.api().lane_open(device.raw(), "lane", 1, &lane, sink); });
  needed("lane_native", [&](const auto* sink) { return device.api().lane_native(lane, &native, sink); });
  needed("capture_begin", [&](const auto* sink) { return device.api().capture_begin(lane, sink); });
  needed("lane_receive",
         [&](const auto* sink) { return end.api().lane_receive(end.raw(), &native, memory.data(), 8, sink); });
  needed("capture_end", [&](const auto* sink) { return device.api().capture_end(lane, &capture, sink); });
  ensemble.actor(0).abort();
  EXPECT_TRUE(failed_with(Code::cancelled, outcome_of([&](const auto* sink) {
                            return end.api().group_begin(ensemble.transport(0).raw(), sink);
                          })));
  device.api().lane_close(lane);
  device.api().capture_close(capture);
  ensemble.close(0);
}

}  // namespace stretto::contract
