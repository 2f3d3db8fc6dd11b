// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "process_contract.h"

namespace stretto::contract {
namespace {

const UnderTest kShm{"shm", "shm"};

Ensemble& refused(std::unique_ptr<Ensemble>& ensemble, uint32_t actors) {
  ensemble = std::make_unique<Ensemble>(TransportUnderTest{kShm}, actors, std::vector<ChannelPlan>{});
  return *ensemble;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Shm, TransportContract,
                         testing::Values(TransportUnderTest{kShm}, TransportUnderTest{{"shm", "shm", "spin = 0"}}));
INSTANTIATE_TEST_SUITE_P(Shm, ProcessContract,
                         testing::Values(TransportUnderTest{kShm}, TransportUnderTest{{"shm", "shm", "spin = 0"}}));

TEST(ShmChannel, ActorOpensItsOwnEndsOnly) {
  std::unique_ptr<Ensemble> owner;
  auto& ensemble = refused(owner, 3);
  const Outcome writer = ensemble.transport(0).open_writer(0, {.writer = 1});
  EXPECT_TRUE(failed_with(Code::invalid_argument, writer));
  EXPECT_NE(writer.message.find("actor 1 writes it"), std::string::npos) << writer.message;
  const Outcome reader = ensemble.transport(0).open_reader(0, {.readers = {1, 2}});
  EXPECT_TRUE(failed_with(Code::invalid_argument, reader));
  EXPECT_NE(reader.message.find("not among its readers"), std::string::npos) << reader.message;
}

TEST(ShmChannel, EndsMustAgree) {
  for (const ChannelPlan& theirs :
       {ChannelPlan{.slots = 3}, ChannelPlan{.slot_bytes = 65}, ChannelPlan{.note_bytes = 17},
        ChannelPlan{.readers = {1, 2}}, ChannelPlan{.words = 3}}) {
    std::unique_ptr<Ensemble> owner;
    auto& ensemble = refused(owner, 2);
    ASSERT_TRUE(succeeded(ensemble.transport(0).open_writer(4, {})));
    ASSERT_TRUE(succeeded(ensemble.transport(1).open_reader(4, theirs)));
    const Outcome outcome = ensemble.connect();
    EXPECT_TRUE(failed_with(Code::invalid_argument, outcome));
    EXPECT_NE(outcome.message.find("channel 4"), std::string::npos) << outcome.message;
  }
}

TEST(ShmChannel, WriterMustHaveOpenedIt) {
  std::unique_ptr<Ensemble> owner;
  auto& ensemble = refused(owner, 2);
  ASSERT_TRUE(succeeded(ensemble.transport(1).open_reader(0, {})));
  EXPECT_TRUE(failed_with(Code::invalid_argument, ensemble.connect()));
}

TEST(ShmChannel, TooMuchMemoryIsOverloaded) {
  for (const uint64_t bytes : {uint64_t{1} << 50, uint64_t{1} << 62, UINT64_MAX}) {
    std::unique_ptr<Ensemble> owner;
    auto& ensemble = refused(owner, 2);
    ASSERT_TRUE(succeeded(ensemble.transport(0).open_writer(0, {.slots = 4, .slot_bytes = bytes})));
    EXPECT_TRUE(failed_with(Code::overloaded, ensemble.connect())) << bytes;
  }
}

class ShmPair : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(succeeded(pair_.connect())); }
  OpenEnd& writer() { return pair_.writer(0); }
  OpenEnd& reader() { return pair_.reader(0); }
  Outcome receive(int64_t execution) {
    uint64_t bytes = 0;
    std::array<std::byte, 16> note{};
    return reader().receive(execution, &bytes, note.data(), shortly());
  }
  Outcome send(int64_t execution) {
    const std::array<std::byte, 16> note{};
    return writer().send(execution, 8, note.data(), shortly());
  }

 private:
  Ensemble pair_{TransportUnderTest{kShm}, 2, {ChannelPlan{}}};
};

TEST_F(ShmPair, SendNeedsItsTurn) {
  EXPECT_TRUE(failed_with(Code::invalid_argument, send(2)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, send(-1)));
  EXPECT_TRUE(succeeded(send(0)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, send(0)));
}

TEST_F(ShmPair, SendNeedsAReleasedSlot) {
  ASSERT_TRUE(succeeded(send(0)));
  ASSERT_TRUE(succeeded(send(1)));
  ASSERT_TRUE(succeeded(receive(0)));
  const Outcome outcome = send(2);
  EXPECT_TRUE(failed_with(Code::invalid_argument, outcome));
  EXPECT_NE(outcome.message.find("actor 1 still holds execution 0"), std::string::npos) << outcome.message;
}

TEST_F(ShmPair, ReleaseNeedsAMessageOnce) {
  EXPECT_TRUE(failed_with(Code::invalid_argument, reader().release(0)));
  ASSERT_TRUE(succeeded(send(0)));
  ASSERT_TRUE(succeeded(receive(0)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, reader().release(2)));
  EXPECT_TRUE(succeeded(reader().release(0)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, reader().release(0)));
}

TEST_F(ShmPair, TimeoutsNameWhoIsAwaited) {
  ASSERT_TRUE(succeeded(send(0)));
  const Outcome receiving = receive(1);
  EXPECT_TRUE(failed_with(Code::timed_out, receiving));
  EXPECT_NE(receiving.message.find("actor 0 has not sent execution 1"), std::string::npos) << receiving.message;
  const Outcome acquiring = writer().acquire(2, shortly());
  EXPECT_TRUE(failed_with(Code::timed_out, acquiring));
  EXPECT_NE(acquiring.message.find("actor 1 still holds execution 0"), std::string::npos) << acquiring.message;
}

TEST_F(ShmPair, ActorsOfOneProcessShareOneAddress) { EXPECT_EQ(writer().slot(0), reader().slot(0)); }

TEST(ShmWords, CarryWhatTheDeviceToldAndAreOneForAllEnds) {
  const ChannelPlan plan{.slot_bytes = 0, .note_bytes = 0, .readers = {1, 2}, .words = 5};
  Ensemble ensemble(TransportUnderTest{kShm}, 3, {plan, ChannelPlan{}, plan});
  const auto told = [](uint32_t channel) {
    OpenEnd::Told bytes{};
    bytes.front() = bytes.back() = static_cast<std::byte>(channel + 1);
    return bytes;
  };
  for (const uint32_t channel : {0U, 2U})
    ASSERT_TRUE(succeeded(ensemble.transport(0).writer(channel).offer_memory(told(channel))));
  ASSERT_TRUE(succeeded(ensemble.connect()));
  std::set<void*> words;
  for (const uint32_t channel : {0U, 2U})
    for (const uint32_t reader : {1U, 2U}) {
      OpenEnd& end = ensemble.transport(reader).reader(channel);
      OpenEnd::Told found{};
      ASSERT_TRUE(succeeded(end.offered_memory(found)));
      EXPECT_EQ(found, told(channel));
      for (uint32_t index = 0; index < plan.words; ++index) {
        std::atomic<uint64_t>* theirs = nullptr;
        std::atomic<uint64_t>* mine = nullptr;
        ASSERT_TRUE(succeeded(ensemble.transport(0).writer(channel).word(index, &theirs)));
        ASSERT_TRUE(succeeded(end.word(index, &mine)));
        EXPECT_EQ(mine, theirs) << "of one process";
        EXPECT_EQ(mine->load(), 0U);
        EXPECT_EQ(reinterpret_cast<uintptr_t>(mine) % 64, 0U);
        words.insert(mine);
      }
    }
  EXPECT_EQ(words.size(), 2 * plan.words);
}

TEST(ShmWords, AreOfChannelsThatHaveThemAndAreConnected) {
  const ChannelPlan plan{.slot_bytes = 0, .note_bytes = 0, .words = 2};
  Ensemble ensemble(TransportUnderTest{kShm}, 2, {plan, ChannelPlan{}});
  OpenEnd& writer = ensemble.transport(0).writer(0);
  std::atomic<uint64_t>* word = nullptr;
  OpenEnd::Told told{};
  EXPECT_TRUE(failed_with(Code::invalid_argument, writer.word(0, &word)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, ensemble.transport(1).reader(0).offered_memory(told)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, ensemble.transport(0).writer(1).offer_memory(told)));
  ASSERT_TRUE(succeeded(ensemble.connect()));
  EXPECT_TRUE(succeeded(writer.word(1, &word)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, writer.word(2, &word)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, writer.offer_memory(told)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, ensemble.transport(0).writer(1).word(0, &word)));
}

TEST(ShmProcesses, ReadersCantWriteIntoSlots) {
  const UnderTest writable{"shm", "shm", "read_only = false"};
  for (const UnderTest& subject : {kShm, writable}) {
    Peer peer(subject, {"pry"});
    const stretto_native host{sizeof host, 0, "host", 0, 0};
    OpenTransport transport(load_component(plugin_path("shm"), STRETTO_TRANSPORT, "shm"), subject.options, 0, 2, &host);
    transport.open_ends(peer_channels());
    connect_over(peer.socket(), transport, soon());
    const std::array<std::byte, 16> note{};
    ASSERT_TRUE(succeeded(transport.writer(0).send(0, 8, note.data(), soon())));
    peer.socket().receive();
    const int status = peer.join();
    if (subject.options.empty())
      EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << "the reader changed the writer's slot";
    else
      EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 7) << "status " << status;
  }
}

}  // namespace stretto::contract
