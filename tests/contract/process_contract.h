// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What every transport that reaches other processes must do there. A backend joins as it joins TransportContract.

#include "shared_memory.h"
#include "transport_contract.h"
#include "word_socket.h"

#include <csignal>
#include <spawn.h>
#include <sys/wait.h>

namespace stretto::contract {

/// Owns a process of transport_peer and this side of its socket.
class Peer {
 public:
  /// `role`: its last arguments.
  Peer(const UnderTest& subject, const std::vector<std::string>& role) {
    const char* program = std::getenv("STRETTO_TRANSPORT_PEER");  // NOLINT(concurrency-mt-unsafe): nothing sets it
    if (program == nullptr) throw std::runtime_error("STRETTO_TRANSPORT_PEER is not set");
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
      throw std::runtime_error("socketpair failed");
    socket_ = std::make_unique<WordSocket>(ends[0]);
    constexpr int kTheirs = 3;
    std::vector<std::string> words{program, std::to_string(kTheirs), plugin_path(subject.plugin), subject.component,
                                   subject.options};
    words.insert(words.end(), role.begin(), role.end());
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], kTheirs);
    const int result = posix_spawn(&process_, program, &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    if (result != 0) throw std::runtime_error("the peer could not be started");
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() { kill(); }
  const WordSocket& socket() const { return *socket_; }
  /// Waits for its end; its status as waitpid tells it.
  int join() {
    int status = 0;
    if (process_ > 0) waitpid(process_, &status, 0);
    process_ = 0;
    return status;
  }
  void kill() {
    if (process_ <= 0) return;
    ::kill(process_, SIGKILL);
    join();
  }

 private:
  pid_t process_ = 0;
  std::unique_ptr<WordSocket> socket_;
};

class ProcessContract : public testing::TestWithParam<TransportUnderTest> {
 protected:
  void SetUp() override {
    const auto& subject = GetParam().subject;
    component_ = &load_component(plugin_path(subject.plugin), STRETTO_TRANSPORT, subject.component);
    const auto flags = static_cast<const stretto_transport_api*>(component_->api)->flags;
    if ((flags & STRETTO_TRANSPORT_PROCESSES) == 0) GTEST_SKIP() << "it does not reach other processes";
    if ((flags & STRETTO_TRANSPORT_STREAM_ORDERED) != 0) GTEST_SKIP() << "the peer has no lanes";
  }
  /// Actor 0, connected with the peer.
  static std::unique_ptr<OpenActor> connected(const Peer& peer) {
    auto actor = std::make_unique<OpenActor>(GetParam(), 0, 2);
    actor->transport().open_ends(peer_channels());
    connect_over(peer.socket(), actor->transport(), soon());
    return actor;
  }
  /// Actor 0 sends execution 0, and the peer has it in hand.
  static void hand_over(OpenActor& actor, const Peer& peer) {
    OpenTransport& transport = actor.transport();
    const std::array<std::byte, 16> note{};
    ASSERT_TRUE(succeeded(transport.writer(0).acquire(0, soon())));
    ASSERT_TRUE(succeeded(transport.writer(0).send(0, 8, note.data(), soon())));
    EXPECT_TRUE(peer.socket().receive().second);
  }

 private:
  const stretto_component* component_ = nullptr;
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ProcessContract);

TEST_P(ProcessContract, MessagesComeBackReversedWithTheirNotes) {
  constexpr int64_t kCount = 300;
  Peer peer(GetParam().subject, {"echo", std::to_string(kCount)});
  auto actor = connected(peer);
  auto& transport = actor->transport();
  const auto bytes_of = [&](int64_t execution) {
    if ((transport.api().flags & STRETTO_TRANSPORT_DYNAMIC) == 0) return uint64_t{20'000};
    return execution % 7 == 0 ? uint64_t{0} : static_cast<uint64_t>(execution) * 7919 % 20'001;
  };
  auto sending = std::async(std::launch::async, [&] {
    const OpenEnd& to = transport.writer(0);
    for (int64_t execution = 0; execution < kCount; ++execution) {
      const auto payload = message_bytes(0, execution, bytes_of(execution));
      const auto note = message_bytes(5, execution, 16);
      EXPECT_TRUE(succeeded(to.acquire(execution, soon())));
      actor->fill(to, execution, payload);
      EXPECT_TRUE(succeeded(to.send(execution, payload.size(), note.data(), soon())));
    }
  });
  const OpenEnd& from = transport.reader(1);
  for (int64_t execution = 0; execution < kCount; ++execution) {
    uint64_t bytes = 0;
    std::vector<std::byte> note(16);
    ASSERT_TRUE(succeeded(from.receive(execution, &bytes, note.data(), soon())));
    auto expected = message_bytes(0, execution, bytes_of(execution));
    std::ranges::reverse(expected);
    ASSERT_EQ(bytes, expected.size());
    EXPECT_TRUE(actor->bytes_in(from, execution, bytes) == expected) << "execution " << execution;
    if (transport.has(STRETTO_TRANSPORT_CARRIES_NOTE)) {
      EXPECT_TRUE(note == message_bytes(5, execution, 16)) << "execution " << execution;
    }
    ASSERT_TRUE(succeeded(from.release(execution)));
  }
  sending.get();
  peer.socket().send({}, true);
  EXPECT_EQ(peer.join(), 0);
}

TEST_P(ProcessContract, ReceiveFromAKilledActorEndsAtItsDeadline) {
  Peer peer(GetParam().subject, {"hold"});
  auto actor = connected(peer);
  auto& transport = actor->transport();
  hand_over(*actor, peer);
  auto receiving = std::async(std::launch::async, [&] {
    uint64_t bytes = 0;
    std::array<std::byte, 16> note{};
    const int64_t deadline = to_raw(std::chrono::steady_clock::now() + std::chrono::milliseconds(300));
    return transport.reader(1).receive(0, &bytes, note.data(), deadline);
  });
  peer.kill();
  const Outcome outcome = receiving.get();
  EXPECT_TRUE(outcome.code == Code::timed_out || outcome.code == Code::disconnected) << outcome.message;
  EXPECT_FALSE(outcome.message.empty());
}

TEST_P(ProcessContract, SlotsOfAKilledReaderStayTaken) {
  Peer peer(GetParam().subject, {"hold"});
  auto actor = connected(peer);
  auto& transport = actor->transport();
  hand_over(*actor, peer);
  peer.kill();
  const Outcome outcome = transport.writer(0).acquire(2, shortly());
  EXPECT_TRUE(outcome.code == Code::timed_out || outcome.code == Code::disconnected) << outcome.message;
}

TEST_P(ProcessContract, MessageOfAKilledActorArrivesWholeOrNotAtAll) {
  Peer peer(GetParam().subject, {"offer"});
  auto actor = connected(peer);
  auto& transport = actor->transport();
  EXPECT_TRUE(peer.socket().receive().second);
  peer.kill();
  const OpenEnd& reader = transport.reader(1);
  uint64_t bytes = 0;
  std::array<std::byte, 16> note{};
  const int64_t deadline = to_raw(std::chrono::steady_clock::now() + std::chrono::seconds(2));
  const Outcome outcome = reader.receive(0, &bytes, note.data(), deadline);
  if (outcome.code == Code::ok) {
    const auto expected = message_bytes(1, 0, reader.plan().slot_bytes);
    ASSERT_EQ(bytes, expected.size());
    EXPECT_TRUE(actor->bytes_in(reader, 0, bytes) == expected);
  } else {
    EXPECT_TRUE(outcome.code == Code::timed_out || outcome.code == Code::disconnected) << outcome.message;
  }
}

TEST_P(ProcessContract, AbortEndsAWaitForAKilledActor) {
  Peer peer(GetParam().subject, {"hold"});
  auto actor = connected(peer);
  auto& transport = actor->transport();
  hand_over(*actor, peer);
  peer.kill();
  auto receiving = std::async(std::launch::async, [&] {
    uint64_t bytes = 0;
    std::array<std::byte, 16> note{};
    return transport.reader(1).receive(0, &bytes, note.data(), STRETTO_NO_DEADLINE);
  });
  transport.abort();
  const Outcome outcome = receiving.get();
  EXPECT_TRUE(outcome.code == Code::cancelled || outcome.code == Code::disconnected) << outcome.message;
}

TEST_P(ProcessContract, NothingIsLeftOfAKilledActor) {
  const auto files = support::shared_memory_files();
  const size_t descriptors = open_descriptors();
  {
    Peer peer(GetParam().subject, {"hold"});
    auto actor = connected(peer);
    hand_over(*actor, peer);
    peer.kill();
  }
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_EQ(support::shared_memory_files(), files);
}

}  // namespace stretto::contract
