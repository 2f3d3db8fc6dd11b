// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The transport ucx between actors that share a GPU, and with others on processors: payloads go through pinned memory,
/// in pieces. On a fake GPU its vector clocks judge every copy.

#include "process_contract.h"

#include <latch>

// Opens a namespace that hides GoogleTest's from what follows.
#include "../fake/violations.h"

namespace stretto::contract {
namespace {

constexpr uint64_t kPiece = 4096;
const UnderTest kGpu{"cuda", "cuda"};
const UnderTest kCpu{"cpu", "cpu"};

UnderTest ucx(const std::string& options) { return {"ucx", "ucx", "gpu = 'staged'\n" + options}; }
/// Pieces as small as they can be, so that messages have several.
std::string small(const std::string& options) { return "staging_bytes = 4096\neager_bytes = 0\n" + options; }

/// The same for a contract, whose largest messages have 3 MiB: few enough to be handed from thread to thread on a busy
/// machine.
std::string pieced(const std::string& options) { return "staging_bytes = 16384\neager_bytes = 0\n" + options; }

const auto kVariants = ::testing::Values(
    TransportUnderTest{ucx(""), kGpu}, TransportUnderTest{ucx(pieced("")), kGpu},
    TransportUnderTest{ucx(pieced("staging_pieces = 2\ntls = 'tcp'")), kGpu},
    TransportUnderTest{.subject = ucx(""), .device = kGpu, .odd_device = kCpu},
    TransportUnderTest{
        .subject = ucx(pieced("staging_pieces = 2\nprotocol = 'put'")), .device = kGpu, .odd_device = kCpu},
    TransportUnderTest{.subject = ucx(""), .device = kCpu, .odd_device = kGpu},
    TransportUnderTest{
        .subject = ucx(pieced("tls = 'posix,cma,tcp'\nprotocol = 'get'")), .device = kCpu, .odd_device = kGpu});

/// What the fake has found wrong. A real GPU finds nothing.
std::string violation() {
  try {
    return stretto::testing::violation();
  } catch (const std::runtime_error&) {
    return "";
  }
}

/// The slots of one channel from actor 0 to actor 1, each on a GPU or not.
class StagedPair : public ::testing::TestWithParam<std::pair<bool, bool>> {
 protected:
  static std::unique_ptr<Ensemble> connected(const std::string& options, ChannelPlan channel,
                                             std::pair<bool, bool> on_gpu = GetParam()) {
    auto pair = std::make_unique<Ensemble>(
        TransportUnderTest{
            .subject = ucx(options), .device = on_gpu.first ? kGpu : kCpu, .odd_device = on_gpu.second ? kGpu : kCpu},
        2, std::vector{std::move(channel)});
    const Outcome outcome = pair->connect();
    if (outcome.code != Code::ok) throw Error(outcome.code, outcome.message);
    return pair;
  }
  void TearDown() override { EXPECT_EQ(violation(), ""); }
};
INSTANTIATE_TEST_SUITE_P(Each, StagedPair,
                         ::testing::Values(std::pair{true, true}, std::pair{true, false}, std::pair{false, true}),
                         [](const auto& info) {
                           return std::string(info.param.first ? "Gpu" : "Host") + "To" +
                                  (info.param.second ? "Gpu" : "Host");
                         });

TEST_P(StagedPair, CarriesWhatEndsAroundAPiece) {
  for (const char* options : {"", "staging_pieces = 2", "tls = 'tcp'"})
    for (const uint64_t eager : {uint64_t{0}, uint64_t{100}, kPiece}) {
      const auto pair = connected("staging_bytes = 4096\neager_bytes = " + std::to_string(eager) + "\n" + options,
                                  {.slots = 2, .slot_bytes = 21 * kPiece});
      int64_t execution = 0;
      for (const uint64_t bytes :
           {uint64_t{0}, uint64_t{1}, uint64_t{100}, kPiece - 1, kPiece, kPiece + 1, 2 * kPiece - 1, 2 * kPiece,
            4 * kPiece, 4 * kPiece + 1, 5 * kPiece, 21 * kPiece - 1, 21 * kPiece}) {
        ASSERT_TRUE(succeeded(send_message(*pair, 0, execution, message_bytes(0, execution, bytes))));
        std::vector<std::byte> payload;
        ASSERT_TRUE(succeeded(receive_message(*pair, 0, 0, execution, bytes, payload)));
        EXPECT_TRUE(payload == message_bytes(0, execution, bytes)) << bytes << " bytes, " << options;
        ++execution;
      }
    }
}

TEST_P(StagedPair, ReceiveThatTimedOutIsTakenUpAgain) {
  const auto pair = connected(small(""), {.slots = 1, .slot_bytes = 9 * kPiece});
  uint64_t bytes = 0;
  std::array<std::byte, 16> note{};
  EXPECT_TRUE(failed_with(Code::timed_out, pair->reader(0).receive(0, &bytes, note.data(), shortly())));
  ASSERT_TRUE(succeeded(send_message(*pair, 0, 0, message_bytes(0, 0, 9 * kPiece))));
  std::vector<std::byte> payload;
  ASSERT_TRUE(succeeded(receive_message(*pair, 0, 0, 0, 9 * kPiece, payload)));
  EXPECT_TRUE(payload == message_bytes(0, 0, 9 * kPiece));
}

TEST_P(StagedPair, ManyTransfersShareFewPieces) {
  constexpr uint32_t kChannels = 6;
  std::vector<ChannelPlan> channels(kChannels, {.slots = 2, .slot_bytes = 7 * kPiece + 5});
  Ensemble pair(TransportUnderTest{.subject = ucx(small("staging_pieces = 2")),
                                   .device = GetParam().first ? kGpu : kCpu,
                                   .odd_device = GetParam().second ? kGpu : kCpu},
                2, channels);
  ASSERT_TRUE(succeeded(pair.connect()));
  std::vector<std::thread> threads;
  for (uint32_t id = 0; id < kChannels; ++id) {
    const uint64_t bytes = channels[id].slot_bytes - id;
    threads.emplace_back([&pair, id, bytes] {
      for (int64_t execution = 0; execution < 20; ++execution)
        EXPECT_TRUE(succeeded(send_message(pair, id, execution, message_bytes(id, execution, bytes))));
    });
    threads.emplace_back([&pair, id, bytes] {
      for (int64_t execution = 0; execution < 20; ++execution) {
        std::vector<std::byte> payload;
        EXPECT_TRUE(succeeded(receive_message(pair, id, 0, execution, bytes, payload)));
        EXPECT_TRUE(payload == message_bytes(id, execution, bytes)) << "channel " << id << ", " << execution;
      }
    });
  }
  for (auto& thread : threads) thread.join();
}

/// A table of the GPU's calls for one actor, whose copies a test has in hand.
class CopiesInHand {
 public:
  CopiesInHand(const OpenDevice& device, uint32_t actor) : real_(device.api()), table_(device.api()) {
    of_[actor] = this;  // the calls of a lane say nothing of whose it is
    table_.lane_copy = actor == 0 ? &copy<0> : &copy<1>;
    table_.host_wait = actor == 0 ? &wait<0> : &wait<1>;
  }
  const stretto_device_api& table() const { return table_; }
  /// Whether so many are waited for, or were, sooner or later.
  bool reach(int count) const {
    while (waits_ < count && to_raw(std::chrono::steady_clock::now()) < deadline_) std::this_thread::yield();
    return waits_ >= count;
  }
  std::atomic<int> refused{0};  ///< the n-th
  std::atomic<int> held{0};     ///< the n-th seems to go on until `release`
  std::latch release{1};

 private:
  template <uint32_t kActor>
  static int32_t copy(stretto_lane* lane, void* to, const void* from, uint64_t bytes, const stretto_sink* sink) {
    auto& mine = *of_[kActor];
    if (++mine.copies_ == mine.refused) return report(sink, Code::overloaded, "the device copies no more");
    return mine.real_.lane_copy(lane, to, from, bytes, sink);
  }
  template <uint32_t kActor>
  static int32_t wait(stretto_semaphore* ended, uint64_t value, int64_t deadline, const stretto_sink* sink) {
    auto& mine = *of_[kActor];
    if (++mine.waits_ == mine.held) mine.release.wait();
    return mine.real_.host_wait(ended, value, deadline, sink);
  }
  static inline std::array<CopiesInHand*, 2> of_{};
  const stretto_device_api& real_;
  stretto_device_api table_;
  std::atomic<int> copies_{0};
  std::atomic<int> waits_{0};
  const int64_t deadline_ = soon();
};

/// Actors 0, which writes, and 1 on the same GPU, with one channel of eleven pieces, four of them under way at once.
/// What happens, happens to the copies of one of the two.
class StagedCopies : public ::testing::TestWithParam<uint32_t> {
 protected:
  static constexpr uint64_t kBytes = 11 * kPiece;
  void SetUp() override {
    for (uint32_t actor = 0; actor < 2; ++actor) {
      auto& transport = *transports_.emplace_back(std::make_unique<OpenTransport>(
          load_component(plugin_path("ucx"), STRETTO_TRANSPORT, "ucx"), ucx(small("")).options, actor, 2,
          &lane_.native(), true, &copies_[actor].table(), device_.raw(),
          [this](uint64_t bytes) { return static_cast<std::byte*>(memory_.emplace_back(device_, bytes).data()); }));
      transport.open_ends({{.slots = 1, .slot_bytes = kBytes}});
    }
    std::vector<Word> words(2);
    std::vector<Word> next(2);
    std::array<Outcome, 2> outcomes;
    for (uint32_t round = 0; round < 2; ++round) {
      std::vector<std::thread> threads;
      for (uint32_t actor = 0; actor < 2; ++actor)
        threads.emplace_back([&, actor] {
          bool done = false;
          outcomes[actor] =
              transports_[actor]->connect(round, round == 0 ? std::vector<Word>{} : words, next[actor], done, soon());
        });
      for (auto& thread : threads) thread.join();
      for (const auto& outcome : outcomes) ASSERT_TRUE(succeeded(outcome));
      words = next;
    }
  }
  void TearDown() override {
    transports_.clear();
    EXPECT_EQ(violation(), "");
  }
  Outcome send() {
    const std::array<std::byte, 16> note{};
    return transports_[0]->writer(0).send(0, kBytes, note.data(), soon());
  }
  Outcome receive(int64_t deadline) {
    uint64_t bytes = 0;
    std::array<std::byte, 16> note{};
    return transports_[1]->reader(0).receive(0, &bytes, note.data(), deadline);
  }
  CopiesInHand& copies() { return copies_[GetParam()]; }
  CopiesInHand& others() { return copies_[1 - GetParam()]; }
  OpenTransport& transport(uint32_t actor) { return *transports_[actor]; }
  void close(uint32_t actor) { transports_[actor].reset(); }

 private:
  OpenDevice device_{kGpu};
  OpenLane lane_{device_};
  std::array<CopiesInHand, 2> copies_{{{device_, 0}, {device_, 1}}};
  std::deque<DeviceMemory> memory_;
  std::vector<std::unique_ptr<OpenTransport>> transports_;
};
INSTANTIATE_TEST_SUITE_P(Of, StagedCopies, ::testing::Values(0U, 1U),
                         [](const auto& info) { return info.param == 0 ? "Writer" : "Reader"; });

TEST_P(StagedCopies, OneThatIsRefusedIsSaid) {
  copies().refused = 6;
  ASSERT_TRUE(succeeded(send()));
  const Outcome receiving = receive(soon());
  if (GetParam() == 1) {
    EXPECT_TRUE(failed_with(Code::overloaded, receiving));
    EXPECT_NE(receiving.message.find("the device copies no more"), std::string::npos) << receiving.message;
    return;
  }
  EXPECT_TRUE(failed_with(Code::internal, receiving));
  EXPECT_NE(receiving.message.find("its writer could not copy it"), std::string::npos) << receiving.message;
  const Outcome acquiring = transport(0).writer(0).acquire(1, soon());
  EXPECT_TRUE(failed_with(Code::overloaded, acquiring));
  EXPECT_NE(acquiring.message.find("the device copies no more"), std::string::npos) << acquiring.message;
}

TEST_P(StagedCopies, AreUnderWayAtOnce) {
  copies().held = GetParam() == 0 ? 4 : 1;
  ASSERT_TRUE(succeeded(send()));
  auto receiving = std::async(std::launch::async, [&] { return receive(soon()); });
  // One stands still. The reader has the three before it; the writer fills its four pieces, and once the reader has got
  // these into its own four, again.
  EXPECT_TRUE(others().reach(GetParam() == 0 ? 3 : 8));
  copies().release.count_down();
  EXPECT_TRUE(succeeded(receiving.get()));
}

TEST_P(StagedCopies, AbortInTheirMidstEndsTheReceive) {
  copies().held = 6;
  ASSERT_TRUE(succeeded(send()));
  auto receiving = std::async(std::launch::async, [&] { return receive(STRETTO_NO_DEADLINE); });
  EXPECT_TRUE(copies().reach(6));
  transport(1).abort();
  EXPECT_TRUE(failed_with(Code::cancelled, receiving.get()));
  transport(0).abort();
  copies().release.count_down();
}

TEST_P(StagedCopies, ReceiveEndsAtItsDeadlineInTheirMidst) {
  copies().held = 6;
  ASSERT_TRUE(succeeded(send()));
  EXPECT_TRUE(failed_with(Code::timed_out, receive(shortly())));
  EXPECT_TRUE(copies().reach(6));
  EXPECT_TRUE(failed_with(Code::timed_out, receive(shortly())));
  copies().release.count_down();
  EXPECT_TRUE(succeeded(receive(soon())));
}

TEST_P(StagedCopies, TheOtherActorClosesInTheirMidst) {
  const uint32_t other = 1 - GetParam();
  copies().held = 6;
  ASSERT_TRUE(succeeded(send()));
  auto receiving = std::async(std::launch::async, [&] { return receive(soon()); });
  EXPECT_TRUE(copies().reach(6));
  transport(other).abort();
  if (other == 1) receiving.wait();  // closing ends no call
  close(other);
  copies().release.count_down();
  if (other == 0) transport(1).abort();
  const Outcome outcome = receiving.get();
  EXPECT_TRUE(outcome.code == Code::cancelled || (other == 0 && outcome.code == Code::disconnected)) << outcome.message;
}

class StagedPeers : public ::testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(After, StagedPeers, ::testing::Values(1, 2, 3, 5, 8, 13, 21, 34));

/// The peer, a process without a GPU, is killed while pieces go both ways.
TEST_P(StagedPeers, AKilledOneIsNamed) {
  const UnderTest subject = ucx(small(GetParam() % 2 == 0 ? "tls = 'tcp'" : "tls = 'posix,cma'"));
  Peer peer(subject, {"echo", "1000000"});
  OpenActor actor(TransportUnderTest{subject, kGpu}, 0, 2);
  actor.transport().open_ends(peer_channels());
  connect_over(peer.socket(), actor.transport(), soon());
  const OpenEnd& to = actor.transport().writer(0);
  const OpenEnd& from = actor.transport().reader(1);
  std::atomic<int64_t> echoed{0};
  auto sending = std::async(std::launch::async, [&] {
    Outcome outcome;
    const std::vector<std::byte> note(16);
    for (int64_t execution = 0; outcome.code == Code::ok; ++execution) {
      outcome = to.acquire(execution, soon());
      if (outcome.code == Code::ok) outcome = to.send(execution, 20'000, note.data(), soon());
    }
    return outcome;
  });
  auto receiving = std::async(std::launch::async, [&] {
    Outcome outcome;
    std::vector<std::byte> note(16);
    for (int64_t execution = 0; outcome.code == Code::ok; ++execution, ++echoed) {
      uint64_t bytes = 0;
      outcome = from.receive(execution, &bytes, note.data(), soon());
      if (outcome.code == Code::ok) outcome = from.release(execution);
    }
    return outcome;
  });
  while (echoed < GetParam()) std::this_thread::yield();
  peer.kill();
  for (auto* ended : {&sending, &receiving}) {
    const Outcome outcome = ended->get();
    EXPECT_TRUE(failed_with(Code::disconnected, outcome));
    EXPECT_NE(outcome.message.find("actor 1 is gone"), std::string::npos) << outcome.message;
  }
}

Outcome opened(const std::string& options) {
  return outcome_of([&](const stretto_sink* sink) {
    try {
      const OpenActor actor(TransportUnderTest{{"ucx", "ucx", options}, kGpu}, 0, 1);
      return static_cast<int32_t>(STRETTO_OK);
    } catch (const Error& error) {
      return report(sink, error.code(), error.what());
    }
  });
}

TEST(StagedOptions, DirectNeedsAUcxThatKnowsCuda) {
  const Outcome outcome = opened("gpu = 'direct'");
  if (outcome.code == Code::ok) GTEST_SKIP() << "this UCX reaches CUDA";
  EXPECT_TRUE(failed_with(Code::unavailable, outcome));
  EXPECT_NE(outcome.message.find("libucx-cu13"), std::string::npos) << outcome.message;
}

TEST(StagedOptions, DirectNeedsUcxsOwnCopiesAmongTheTransports) {
  for (const char* tls : {"tcp", "posix,cma,tcp"}) {
    const Outcome outcome = opened("gpu = 'direct'\ntls = '" + std::string(tls) + "'");
    EXPECT_TRUE(failed_with(Code::unavailable, outcome));
    const bool told = outcome.message.find("it takes 1.19 or later") != std::string::npos ||
                      outcome.message.find("its transport cuda_copy is missing") != std::string::npos;
    EXPECT_TRUE(told) << outcome.message;
  }
}

TEST(StagedOptions, AnOlderHostPassesNoDeviceToStageWith) {
  const auto& component = load_component(plugin_path("ucx"), STRETTO_TRANSPORT, "ucx");
  const auto& api = *static_cast<const stretto_transport_api*>(component.api);
  const GivenSettings settings(component.options, component.option_count, "gpu = 'staged'");
  const OpenDevice device(kGpu);
  OpenLane lane(device);
  stretto_transport_open request{sizeof request, 0, 1, 0, settings.raw(), &lane.native(), &device.api(), device.raw()};
  request.size = offsetof(stretto_transport_open, device_api);
  stretto_transport* transport = nullptr;
  const Outcome outcome = outcome_of([&](const stretto_sink* sink) { return api.open(&request, &transport, sink); });
  EXPECT_TRUE(failed_with(Code::unavailable, outcome));
  EXPECT_NE(outcome.message.find("older stretto"), std::string::npos) << outcome.message;
}

TEST(StagedOptions, APieceHasRoomForWhatComesWithItsMessage) {
  const Outcome outcome = outcome_of([&](const stretto_sink* sink) {
    try {
      const OpenActor actor(TransportUnderTest{ucx("staging_bytes = 4096\neager_bytes = 4097"), kGpu}, 0, 1);
      return static_cast<int32_t>(STRETTO_OK);
    } catch (const Error& error) {
      return report(sink, error.code(), error.what());
    }
  });
  EXPECT_TRUE(failed_with(Code::invalid_argument, outcome));
  EXPECT_NE(outcome.message.find("eager_bytes, 4097"), std::string::npos) << outcome.message;
}

TEST(StagedOptions, ActorsMustAgreeOnThePieces) {
  OpenActor writer(TransportUnderTest{ucx("staging_bytes = 65536"), kGpu}, 0, 2);
  OpenActor reader(TransportUnderTest{ucx("staging_bytes = 131072"), kGpu}, 1, 2);
  writer.transport().open_ends({ChannelPlan{}});
  reader.transport().open_ends({ChannelPlan{}});
  std::vector<Word> words(2);
  bool done = false;
  ASSERT_TRUE(succeeded(writer.transport().connect(0, {}, words[0], done, soon())));
  ASSERT_TRUE(succeeded(reader.transport().connect(0, {}, words[1], done, soon())));
  Word mine;
  const Outcome outcome = reader.transport().connect(1, words, mine, done, soon());
  EXPECT_TRUE(failed_with(Code::invalid_argument, outcome));
  EXPECT_NE(outcome.message.find("actor 0 has another transport.ucx.staging_bytes"), std::string::npos)
      << outcome.message;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(UcxOnCuda, TransportContract, kVariants);
INSTANTIATE_TEST_SUITE_P(UcxOnCuda, ProcessContract, kVariants);

}  // namespace stretto::contract
