// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What every transport must do between actors of one process. A backend joins with
///
///     INSTANTIATE_TEST_SUITE_P(Shm, TransportContract, testing::Values(TransportUnderTest{{"shm", "shm"}}));
///
/// What its capabilities exclude is skipped: they are its legal differences. process_contract.h has the other half.

#include "ensemble.h"

#include <atomic>

namespace stretto::contract {

class TransportContract : public testing::TestWithParam<TransportUnderTest> {
 protected:
  void SetUp() override {
    const auto& subject = GetParam().subject;
    component_ = &load_component(plugin_path(subject.plugin), STRETTO_TRANSPORT, subject.component);
    if (!has(STRETTO_TRANSPORT_THREADS)) GTEST_SKIP() << "it does not reach actors of one process";
  }
  const stretto_transport_api& api() const { return *static_cast<const stretto_transport_api*>(component_->api); }
  bool has(uint32_t flag) const { return (api().flags & flag) != 0; }
  /// acquire, send, receive, release
  bool host_driven() const { return !has(STRETTO_TRANSPORT_STREAM_ORDERED); }

  std::unique_ptr<Ensemble> connected(uint32_t actors, std::vector<ChannelPlan> channels) const {
    auto ensemble = std::make_unique<Ensemble>(GetParam(), actors, std::move(channels));
    const Outcome outcome = ensemble->connect();
    if (outcome.code != Code::ok) throw Error(outcome.code, "connect: " + outcome.message);
    return ensemble;
  }

  /// Carries executions 0 … count - 1 with sizes told by `bytes_of`, one thread for each end.
  static void carry(Ensemble& ensemble, uint32_t id, int64_t count, const std::function<uint64_t(int64_t)>& bytes_of) {
    std::vector<std::thread> threads;
    threads.emplace_back([&, id] {
      for (int64_t execution = 0; execution < count; ++execution)
        EXPECT_TRUE(
            succeeded(send_message(ensemble, id, execution, message_bytes(id, execution, bytes_of(execution)))));
    });
    for (size_t which = 0; which < ensemble.channel(id).readers.size(); ++which)
      threads.emplace_back([&, id, which] {
        for (int64_t execution = 0; execution < count; ++execution) {
          std::vector<std::byte> payload;
          const uint64_t bytes = bytes_of(execution);
          EXPECT_TRUE(succeeded(receive_message(ensemble, id, which, execution, bytes, payload)));
          EXPECT_TRUE(payload == message_bytes(id, execution, bytes))
              << "channel " << id << ", reader " << which << ", execution " << execution << ", " << bytes << " bytes";
        }
      });
    for (auto& thread : threads) thread.join();
  }

 private:
  const stretto_component* component_ = nullptr;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TransportContract);

TEST_P(TransportContract, OffersWhatItsCapabilitiesPromise) {
  for (const auto* required :
       {reinterpret_cast<const void*>(api().open), reinterpret_cast<const void*>(api().writer),
        reinterpret_cast<const void*>(api().reader), reinterpret_cast<const void*>(api().connect),
        reinterpret_cast<const void*>(api().abort), reinterpret_cast<const void*>(api().close)})
    EXPECT_NE(required, nullptr);
  EXPECT_GE(api().memory_kind_count, 1U);
  EXPECT_GE(api().send_completion, STRETTO_COMPLETES_ON_POST);
  EXPECT_LE(api().send_completion, STRETTO_COMPLETES_ON_MATCH);
  EXPECT_EQ(has(STRETTO_TRANSPORT_RENDEZVOUS), api().send_completion == STRETTO_COMPLETES_ON_MATCH);
  EXPECT_FALSE(has(STRETTO_TRANSPORT_SHARES_SLOTS) && has(STRETTO_TRANSPORT_STREAM_ORDERED));
}

TEST_P(TransportContract, GivesSlotsThatAreZeroAndApart) {
  if (!has(STRETTO_TRANSPORT_ALLOCATES)) GTEST_SKIP() << "slots lie in others' memory";
  Ensemble ensemble(GetParam(), 1, {});
  std::vector<std::span<std::byte>> slots;
  for (const uint64_t bytes : {1, 64, 4097, 3 << 20, 100}) {
    void* memory = nullptr;
    needed("allocate",
           [&](const stretto_sink* sink) { return api().allocate(ensemble.transport(0).raw(), bytes, &memory, sink); });
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0U);
    slots.emplace_back(static_cast<std::byte*>(memory), bytes);
  }
  for (const auto& slot : slots) {
    EXPECT_TRUE(std::ranges::all_of(slot, [](std::byte byte) { return byte == std::byte{0}; }));
    std::ranges::fill(slot, std::byte{1});  // none of the others'
  }
}

TEST_P(TransportContract, CarriesMessagesOfAllSizes) {
  for (const uint64_t bytes : {0, 1, 3, 8, 64, 1001, 4096, 4097, 100'003, 3 << 20}) {
    auto ensemble = connected(2, {{.slots = 2, .slot_bytes = bytes}});
    carry(*ensemble, 0, 7, [&](int64_t) { return bytes; });
  }
}

TEST_P(TransportContract, SizesVaryFromMessageToMessage) {
  if (!has(STRETTO_TRANSPORT_DYNAMIC)) GTEST_SKIP() << "its messages have one size";
  constexpr uint64_t kMost = 70'001;
  auto ensemble = connected(2, {{.slots = 3, .slot_bytes = kMost}});
  carry(*ensemble, 0, 200, [](int64_t execution) {
    if (execution % 10 == 0) return uint64_t{0};
    if (execution % 10 == 1) return kMost;
    return std::mt19937_64(static_cast<uint64_t>(execution))() % kMost;
  });
}

TEST_P(TransportContract, OneSlotIsEnough) {
  auto ensemble = connected(2, {{.slots = 1, .slot_bytes = 100}});
  carry(*ensemble, 0, 100, [](int64_t) { return 100; });
}

TEST_P(TransportContract, EveryReaderGetsEveryMessage) {
  if (!has(STRETTO_TRANSPORT_MULTI_READER)) GTEST_SKIP() << "a channel has one reader";
  auto ensemble = connected(4, {{.slots = 2, .slot_bytes = 5000, .writer = 2, .readers = {3, 0, 1}}});
  carry(*ensemble, 0, 100, [](int64_t) { return 5000; });
}

TEST_P(TransportContract, FourActorsInARing) {
  std::vector<ChannelPlan> ring;
  for (uint32_t actor = 0; actor < 4; ++actor)
    ring.push_back({.slots = 2, .slot_bytes = 777, .writer = actor, .readers = {(actor + 1) % 4}});
  auto ensemble = connected(4, ring);
  std::vector<std::thread> actors;
  for (uint32_t actor = 0; actor < 4; ++actor)
    actors.emplace_back([&, actor] {
      const uint32_t from = (actor + 3) % 4;
      for (int64_t execution = 0; execution < 50; ++execution) {
        std::vector<std::byte> payload = message_bytes(0, execution, 777);
        if (actor == 0) {
          EXPECT_TRUE(succeeded(send_message(*ensemble, 0, execution, payload)));
        }
        EXPECT_TRUE(succeeded(receive_message(*ensemble, from, 0, execution, 777, payload)));
        EXPECT_TRUE(payload == message_bytes(0, execution, 777)) << "actor " << actor << ", execution " << execution;
        if (actor != 0) {
          EXPECT_TRUE(succeeded(send_message(*ensemble, actor, execution, payload)));
        }
      }
    });
  for (auto& actor : actors) actor.join();
}

TEST_P(TransportContract, ChannelsDoNotDisturbEachOther) {
  if (!host_driven()) GTEST_SKIP() << "its operations of one actor have one order";
  std::vector<ChannelPlan> channels;
  for (uint32_t id = 0; id < 6; ++id)
    channels.push_back({.slots = 1 + id % 3, .slot_bytes = 1 + 997 * id, .writer = id % 3, .readers = {(id + 1) % 3}});
  auto ensemble = connected(3, channels);
  std::vector<std::thread> threads;
  for (uint32_t id = 0; id < channels.size(); ++id)
    threads.emplace_back([&, id] { carry(*ensemble, id, 60, [&](int64_t) { return channels[id].slot_bytes; }); });
  for (auto& thread : threads) thread.join();
}

TEST_P(TransportContract, NotesArriveWithTheirMessages) {
  if (!has(STRETTO_TRANSPORT_CARRIES_NOTE)) GTEST_SKIP() << "it carries none";
  for (const uint32_t size : {1, 8, 61, 200}) {
    auto ensemble = connected(2, {{.slots = 2, .slot_bytes = 10, .note_bytes = size}});
    for (int64_t execution = 0; execution < 6; ++execution) {
      const auto note = message_bytes(9, execution, size);
      EXPECT_TRUE(succeeded(send_message(*ensemble, 0, execution, message_bytes(0, execution, 10), note.data())));
      std::vector<std::byte> payload;
      std::vector<std::byte> found(size);
      EXPECT_TRUE(succeeded(receive_message(*ensemble, 0, 0, execution, 10, payload, found.data())));
      EXPECT_TRUE(found == note) << "execution " << execution << ", a note of " << size << " bytes";
    }
  }
}

TEST_P(TransportContract, SharedSlotIsReadWhereItWasWritten) {
  if (!has(STRETTO_TRANSPORT_SHARES_SLOTS)) GTEST_SKIP() << "readers have slots of their own";
  auto ensemble = connected(3, {{.slots = 3, .slot_bytes = 40, .readers = {1, 2}}});
  for (int64_t index = 0; index < 3; ++index) {
    std::byte* slot = ensemble->writer(0).slot(index);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(slot) % 64, 0U);
    for (int64_t other = 0; other < index; ++other)
      EXPECT_GE(std::abs(slot - ensemble->writer(0).slot(other)), 40) << "slots " << index << " and " << other;
    std::fill_n(slot, 40, static_cast<std::byte>(index + 1));
  }
  for (int64_t index = 0; index < 3; ++index)
    for (size_t which = 0; which < 2; ++which)
      for (int64_t at = 0; at < 40; ++at)
        ASSERT_EQ(ensemble->reader(0, which).slot(index)[at], static_cast<std::byte>(index + 1));
}

TEST_P(TransportContract, WriterWaitsForTheSlowestReader) {
  if (!host_driven() || !has(STRETTO_TRANSPORT_MULTI_READER)) GTEST_SKIP() << "not of its kind";
  auto ensemble = connected(4, {{.slots = 2, .slot_bytes = 8, .readers = {1, 2, 3}}});
  const auto& writer = ensemble->writer(0);
  for (int64_t execution = 0; execution < 2; ++execution)
    ASSERT_TRUE(succeeded(send_message(*ensemble, 0, execution, message_bytes(0, execution, 8))));
  for (size_t which = 0; which < 3; ++which) {
    EXPECT_TRUE(failed_with(Code::timed_out, writer.acquire(2, shortly()))) << which << " readers have released";
    std::vector<std::byte> payload;
    ASSERT_TRUE(succeeded(receive_message(*ensemble, 0, which, 0, 8, payload)));
  }
  EXPECT_TRUE(succeeded(writer.acquire(2, soon())));
  EXPECT_TRUE(failed_with(Code::timed_out, writer.acquire(3, shortly())));
}

TEST_P(TransportContract, WaitingWriterIsWokenByTheRelease) {
  if (!host_driven()) GTEST_SKIP() << "it has no acquire";
  auto ensemble = connected(2, {{.slots = 1, .slot_bytes = 8}});
  for (int64_t execution = 0; execution < 20; ++execution) {
    ASSERT_TRUE(succeeded(send_message(*ensemble, 0, execution, message_bytes(0, execution, 8))));
    auto acquired = std::async(std::launch::async, [&] { return ensemble->writer(0).acquire(execution + 1, soon()); });
    std::vector<std::byte> payload;
    ASSERT_TRUE(succeeded(receive_message(*ensemble, 0, 0, execution, 8, payload)));
    EXPECT_TRUE(succeeded(acquired.get()));
  }
}

TEST_P(TransportContract, ReleasesComeInAnyOrder) {
  if (!host_driven()) GTEST_SKIP() << "it has no release";
  auto ensemble = connected(2, {{.slots = 3, .slot_bytes = 8}});
  const auto& writer = ensemble->writer(0);
  const auto& reader = ensemble->reader(0);
  for (int64_t execution = 0; execution < 3; ++execution)
    ASSERT_TRUE(succeeded(send_message(*ensemble, 0, execution, message_bytes(0, execution, 8))));
  uint64_t bytes = 0;
  std::array<std::byte, 16> note{};
  for (const int64_t execution : {2, 0, 1})
    ASSERT_TRUE(succeeded(reader.receive(execution, &bytes, note.data(), soon())));
  ASSERT_TRUE(succeeded(reader.release(2)));
  ASSERT_TRUE(succeeded(reader.release(1)));
  EXPECT_TRUE(failed_with(Code::timed_out, writer.acquire(3, shortly())));
  EXPECT_TRUE(ensemble->actor(1).bytes_in(reader, 0, 8) == message_bytes(0, 0, 8)) << "a held slot was changed";
  ASSERT_TRUE(succeeded(reader.release(0)));
  for (int64_t execution = 3; execution < 6; ++execution)
    EXPECT_TRUE(succeeded(send_message(*ensemble, 0, execution, message_bytes(0, execution, 8))));
}

TEST_P(TransportContract, ReceiveEndsAtItsDeadline) {
  if (!host_driven()) GTEST_SKIP() << "its waits are the lane's";
  auto ensemble = connected(2, {{.slots = 2, .slot_bytes = 8}});
  const auto& reader = ensemble->reader(0);
  uint64_t bytes = 0;
  std::array<std::byte, 16> note{};
  EXPECT_TRUE(failed_with(Code::timed_out, reader.receive(0, &bytes, note.data(), shortly())));
  EXPECT_TRUE(failed_with(Code::timed_out, reader.receive(0, &bytes, note.data(), 0)));
  ASSERT_TRUE(succeeded(send_message(*ensemble, 0, 0, message_bytes(0, 0, 8))));
  EXPECT_TRUE(succeeded(reader.receive(0, &bytes, note.data(), soon())));
  EXPECT_EQ(bytes, 8U);
  EXPECT_TRUE(failed_with(Code::timed_out, reader.receive(1, &bytes, note.data(), shortly())));
}

TEST_P(TransportContract, PayloadTravelsNoEarlierThanItsReceive) {
  if (!host_driven()) GTEST_SKIP() << "both calls have to meet";
  const uint64_t bytes = api().eager_bytes + 100'000;
  auto ensemble = connected(2, {{.slots = 1, .slot_bytes = bytes}, {.slots = 1, .slot_bytes = 8}});
  ASSERT_TRUE(succeeded(send_message(*ensemble, 0, 0, message_bytes(0, 0, bytes))));
  // What was sent later is here: so is all that travels by itself.
  std::vector<std::byte> payload;
  ASSERT_TRUE(succeeded(send_message(*ensemble, 1, 0, message_bytes(1, 0, 8))));
  ASSERT_TRUE(succeeded(receive_message(*ensemble, 1, 0, 0, 8, payload)));
  const auto changed = message_bytes(0, 1, bytes);
  ensemble->actor(0).fill(ensemble->writer(0), 0, changed);
  ASSERT_TRUE(succeeded(receive_message(*ensemble, 0, 0, 0, bytes, payload)));
  EXPECT_TRUE(payload == changed) << "the payload had left its writer before the reader asked for it";
}

TEST_P(TransportContract, MessageLargerThanItsSlotIsRefused) {
  if (!host_driven()) GTEST_SKIP() << "its sizes are fixed by the two calls";
  auto ensemble = connected(2, {{.slots = 1, .slot_bytes = 10}});
  const std::array<std::byte, 16> note{};
  ASSERT_TRUE(succeeded(ensemble->writer(0).acquire(0, soon())));
  const Outcome refused = ensemble->writer(0).send(0, 11, note.data(), soon());
  EXPECT_TRUE(failed_with(Code::overloaded, refused));
  EXPECT_NE(refused.message.find("11"), std::string::npos) << refused.message;
  EXPECT_NE(refused.message.find("10"), std::string::npos) << refused.message;
  EXPECT_NE(refused.message.find("channel 0"), std::string::npos) << refused.message;
  carry(*ensemble, 0, 3, [](int64_t) { return 10; });
}

TEST_P(TransportContract, AbortEndsWaitsPresentAndFuture) {
  if (!host_driven()) GTEST_SKIP() << "its waits are the lane's";
  auto ensemble = connected(2, {{.slots = 1, .slot_bytes = 8}, {.slots = 1, .slot_bytes = 8}});
  ASSERT_TRUE(succeeded(send_message(*ensemble, 0, 0, message_bytes(0, 0, 8))));
  const auto receive = [&](int64_t deadline) {
    uint64_t bytes = 0;
    std::array<std::byte, 16> note{};
    return ensemble->reader(1).receive(0, &bytes, note.data(), deadline);
  };
  const auto acquire = [&](int64_t deadline) { return ensemble->writer(0).acquire(1, deadline); };
  auto receiving = std::async(std::launch::async, receive, STRETTO_NO_DEADLINE);
  auto acquiring = std::async(std::launch::async, acquire, soon());
  ensemble->transport(0).abort();
  ensemble->transport(1).abort();
  EXPECT_TRUE(failed_with(Code::cancelled, receiving.get()));
  EXPECT_TRUE(failed_with(Code::cancelled, acquiring.get()));
  EXPECT_TRUE(failed_with(Code::cancelled, receive(STRETTO_NO_DEADLINE)));
  EXPECT_TRUE(failed_with(Code::cancelled, acquire(STRETTO_NO_DEADLINE)));
  ensemble->transport(0).abort();
}

TEST_P(TransportContract, AbortBeforeConnectingHolds) {
  if (!host_driven()) GTEST_SKIP() << "its waits are the lane's";
  Ensemble ensemble(GetParam(), 2, {{.slots = 1, .slot_bytes = 8}});
  ensemble.transport(1).abort();
  const Outcome outcome = ensemble.connect();
  if (outcome.code == Code::cancelled) return;
  ASSERT_TRUE(succeeded(outcome));
  uint64_t bytes = 0;
  std::array<std::byte, 16> note{};
  EXPECT_TRUE(failed_with(Code::cancelled, ensemble.reader(0).receive(0, &bytes, note.data(), STRETTO_NO_DEADLINE)));
}

TEST_P(TransportContract, AbortEndsTheWaitsOfLanes) {
  if (host_driven()) GTEST_SKIP() << "it has no lanes";
  auto ensemble = connected(2, {{.slots = 1, .slot_bytes = 8}});
  auto receiving = std::async(std::launch::async, [&] {
    std::vector<std::byte> payload;
    return receive_message(*ensemble, 0, 0, 0, 8, payload);
  });
  for (uint32_t actor = 0; actor < 2; ++actor) {
    ensemble->transport(actor).abort();
    ensemble->device(actor).abort();
  }
  EXPECT_TRUE(failed_with(Code::cancelled, receiving.get()));
}

TEST_P(TransportContract, AbortInTheMidstOfMessagesEndsBothSides) {
  if (!host_driven()) GTEST_SKIP() << "its waits are the lane's";
  for (int round = 0; round < 20; ++round) {
    auto ensemble = connected(2, {{.slots = 2, .slot_bytes = 64}});
    std::atomic<int64_t> sent{0};
    auto writing = std::async(std::launch::async, [&] {
      Outcome outcome;
      for (; outcome.code == Code::ok; ++sent) outcome = send_message(*ensemble, 0, sent, message_bytes(0, sent, 64));
      return outcome;
    });
    auto reading = std::async(std::launch::async, [&] {
      Outcome outcome;
      std::vector<std::byte> payload;
      for (int64_t execution = 0; outcome.code == Code::ok; ++execution)
        outcome = receive_message(*ensemble, 0, 0, execution, 64, payload);
      return outcome;
    });
    while (sent < round) std::this_thread::yield();
    ensemble->transport(0).abort();
    ensemble->transport(1).abort();
    EXPECT_TRUE(failed_with(Code::cancelled, writing.get()));
    EXPECT_TRUE(failed_with(Code::cancelled, reading.get()));
  }
}

TEST_P(TransportContract, ActorsCloseInAnyOrder) {
  for (const uint32_t first : {0U, 1U}) {
    auto ensemble = connected(2, {{.slots = 2, .slot_bytes = 5000}});
    carry(*ensemble, 0, 3, [](int64_t) { return 5000; });
    ensemble->close(first);
    if (first == 0 && has(STRETTO_TRANSPORT_SHARES_SLOTS)) {
      const auto expected = message_bytes(0, 2, 5000);
      EXPECT_TRUE(std::equal(expected.begin(), expected.end(), ensemble->reader(0).slot(2)))
          << "the reader's slot went with its writer";
    }
  }
}

TEST_P(TransportContract, NoDescriptorIsLeft) {
  { auto warm_up = connected(3, {{.slots = 2, .slot_bytes = 8}}); }
  const size_t before = open_descriptors();
  {
    auto ensemble = connected(3, {{.slots = 2, .slot_bytes = 8}, {.slots = 1, .slot_bytes = 9, .writer = 2}});
    carry(*ensemble, 0, 3, [](int64_t) { return 8; });
  }
  { const Ensemble never_connected(GetParam(), 2, {{.slots = 2, .slot_bytes = 8}}); }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_P(TransportContract, ActorWithoutChannelsTakesPart) {
  auto ensemble = connected(4, {{.slots = 2, .slot_bytes = 8, .writer = 3, .readers = {1}}});
  carry(*ensemble, 0, 3, [](int64_t) { return 8; });
}

}  // namespace stretto::contract
