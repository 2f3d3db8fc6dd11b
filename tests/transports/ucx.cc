// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "process_contract.h"

#include <fstream>
#include <net/if.h>
#include <sched.h>
#include <sstream>
#include <sys/ioctl.h>

namespace stretto::contract {
namespace {

UnderTest ucx(const std::string& options) { return {"ucx", "ucx", options}; }

/// The same with slots that UCX did not allocate.
TransportUnderTest registered(const std::string& options) { return {.subject = ucx(options), .borrows = false}; }

/// Each medium of one host with each protocol.
const auto kVariants =
    testing::Values(TransportUnderTest{ucx("")}, TransportUnderTest{ucx("spin = 0")},
                    TransportUnderTest{ucx("tls = 'posix,cma,tcp'\neager_bytes = 0")},
                    TransportUnderTest{ucx("tls = 'posix'\neager_bytes = 64")},
                    TransportUnderTest{ucx("tls = 'tcp'\neager_bytes = 64")}, registered("eager_bytes = 0"),
                    registered("protocol = 'get'\ntls = 'posix,cma'\neager_bytes = 0"),
                    TransportUnderTest{ucx("protocol = 'get'\neager_bytes = 0")},
                    TransportUnderTest{ucx("protocol = 'get'\ntls = 'tcp'\neager_bytes = 0")},
                    TransportUnderTest{ucx("protocol = 'put'\neager_bytes = 0")},
                    TransportUnderTest{ucx("protocol = 'put'\ntls = 'tcp'")},
                    TransportUnderTest{ucx("protocol = 'am'\neager_bytes = 0")},
                    TransportUnderTest{ucx("protocol = 'am'\ntls = 'tcp'")});

const stretto_component& component() { return load_component(plugin_path("ucx"), STRETTO_TRANSPORT, "ucx"); }

Outcome receive(const OpenEnd& reader, int64_t execution, int64_t deadline) {
  uint64_t bytes = 0;
  std::array<std::byte, 16> note{};
  return reader.receive(execution, &bytes, note.data(), deadline);
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Ucx, TransportContract, kVariants);
INSTANTIATE_TEST_SUITE_P(Ucx, ProcessContract, kVariants);

TEST(UcxOptions, NoSuchTransportIsUnavailable) {
  const Outcome outcome = outcome_of([&](const stretto_sink* sink) {
    try {
      Ensemble ensemble(TransportUnderTest{ucx("tls = 'nonsense'")}, 1, {});
      return static_cast<int32_t>(STRETTO_OK);
    } catch (const Error& error) {
      return report(sink, error.code(), error.what());
    }
  });
  EXPECT_TRUE(failed_with(Code::unavailable, outcome));
  EXPECT_NE(outcome.message.find("nonsense"), std::string::npos) << outcome.message;
}

TEST(UcxOptions, ActorsMustAgreeOnTheProtocol) {
  const stretto_native host{sizeof host, 0, "host", 0, 0};
  OpenTransport writer(component(), "protocol = 'get'", 0, 2, &host);
  OpenTransport reader(component(), "protocol = 'put'", 1, 2, &host);
  writer.open_ends({ChannelPlan{}});
  reader.open_ends({ChannelPlan{}});
  std::vector<Word> words(2);
  bool done = false;
  ASSERT_TRUE(succeeded(writer.connect(0, {}, words[0], done, soon())));
  ASSERT_TRUE(succeeded(reader.connect(0, {}, words[1], done, soon())));
  Word mine;
  const Outcome outcome = reader.connect(1, words, mine, done, soon());
  EXPECT_TRUE(failed_with(Code::invalid_argument, outcome));
  EXPECT_NE(outcome.message.find("actor 0 has another transport.ucx.protocol"), std::string::npos) << outcome.message;
}

TEST(UcxOptions, ActorsWithNothingInCommonSayWhichChannel) {
  const stretto_native host{sizeof host, 0, "host", 0, 0};
  OpenTransport writer(component(), "tls = 'posix'", 0, 2, &host);
  OpenTransport reader(component(), "tls = 'tcp'", 1, 2, &host);
  writer.open_ends({ChannelPlan{}});
  reader.open_ends({ChannelPlan{}});
  std::vector<Word> words(2);
  bool done = false;
  ASSERT_TRUE(succeeded(writer.connect(0, {}, words[0], done, soon())));
  ASSERT_TRUE(succeeded(reader.connect(0, {}, words[1], done, soon())));
  Word mine;
  const Outcome outcome = reader.connect(1, words, mine, done, soon());
  EXPECT_TRUE(failed_with(Code::unavailable, outcome));
  EXPECT_NE(outcome.message.find("channel 0"), std::string::npos) << outcome.message;
}

class UcxMedia : public testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Each, UcxMedia, testing::Values("tcp", "posix", "posix,cma"),
                         [](const auto& info) { return "Tls" + std::to_string(info.index); });

TEST_P(UcxMedia, ReceiveFromAKilledActorNamesIt) {
  const UnderTest subject = ucx("tls = '" + std::string(GetParam()) + "'");
  Peer peer(subject, {"hold"});
  const stretto_native host{sizeof host, 0, "host", 0, 0};
  OpenTransport transport(component(), subject.options, 0, 2, &host);
  transport.open_ends(peer_channels());
  connect_over(peer.socket(), transport, soon());
  peer.kill();
  const Outcome outcome = receive(transport.reader(1), 0, soon());
  EXPECT_TRUE(failed_with(Code::disconnected, outcome));
  EXPECT_NE(outcome.message.find("actor 1 is gone"), std::string::npos) << outcome.message;
}

/// Bytes that the loopback of the calling thread's network has carried.
uint64_t loopback_bytes() {
  std::ifstream table("/proc/thread-self/net/dev");
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string name;
    uint64_t bytes = 0;
    if (words >> name >> bytes && name == "lo:") return bytes;
  }
  throw std::runtime_error("no loopback in /proc/thread-self/net/dev");
}

/// Runs `body` on a thread with a network of its own, so that nobody else's bytes are counted. False: not permitted.
bool in_own_network(const std::function<void()>& body) {
  bool permitted = true;
  std::thread([&] {
    permitted = unshare(CLONE_NEWNET) == 0;
    if (!permitted) return;
    const int socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq request{};
    std::strncpy(static_cast<char*>(request.ifr_name), "lo", IFNAMSIZ - 1);
    request.ifr_flags = IFF_UP;
    EXPECT_EQ(ioctl(socket_, SIOCSIFFLAGS, &request), 0);
    ::close(socket_);
    body();
  }).join();
  return permitted;
}

TEST(UcxWire, CarriesNothingAboveTheEagerSizeBeforeReceive) {
  static constexpr uint64_t kBytes = 4 << 20;
  static constexpr uint64_t kEager = 8192;
  const bool permitted = in_own_network([] {
    for (const char* protocol : {"auto", "get", "put", "am"}) {
      SCOPED_TRACE(protocol);
      Ensemble pair(TransportUnderTest{ucx("tls = 'tcp'\nprotocol = '" + std::string(protocol) + "'")}, 2,
                    {{.slots = 1, .slot_bytes = kBytes}, {.slots = 1, .slot_bytes = 8}});
      ASSERT_TRUE(succeeded(pair.connect()));
      std::vector<std::byte> payload;
      const uint64_t before = loopback_bytes();
      ASSERT_TRUE(succeeded(send_message(pair, 0, 0, message_bytes(0, 0, kBytes))));
      ASSERT_TRUE(succeeded(send_message(pair, 1, 0, message_bytes(1, 0, 8))));
      ASSERT_TRUE(succeeded(receive_message(pair, 1, 0, 0, 8, payload)));
      const uint64_t early = loopback_bytes() - before;
      EXPECT_LE(early, kEager);
      ASSERT_TRUE(succeeded(receive_message(pair, 0, 0, 0, kBytes, payload)));
      EXPECT_TRUE(payload == message_bytes(0, 0, kBytes));
      EXPECT_GE(loopback_bytes() - before, kBytes);
    }
  });
  if (!permitted) GTEST_SKIP() << "a network of its own needs root";
}

class UcxPair : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(succeeded(pair_.connect())); }
  OpenEnd& writer() { return pair_.writer(0); }
  OpenEnd& reader() { return pair_.reader(0); }
  Outcome send(int64_t execution) {
    const std::array<std::byte, 16> note{};
    return writer().send(execution, 8, note.data(), shortly());
  }

 private:
  Ensemble pair_{TransportUnderTest{ucx("")}, 2, {ChannelPlan{}}};
};

TEST_F(UcxPair, SendNeedsItsTurn) {
  EXPECT_TRUE(failed_with(Code::invalid_argument, send(2)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, send(-1)));
  EXPECT_TRUE(succeeded(send(0)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, send(0)));
}

TEST_F(UcxPair, SendNeedsAReleasedSlot) {
  ASSERT_TRUE(succeeded(send(0)));
  ASSERT_TRUE(succeeded(send(1)));
  ASSERT_TRUE(succeeded(receive(reader(), 0, soon())));
  const Outcome outcome = send(2);
  EXPECT_TRUE(failed_with(Code::invalid_argument, outcome));
  EXPECT_NE(outcome.message.find("actor 1 still holds execution 0"), std::string::npos) << outcome.message;
}

TEST_F(UcxPair, ReleaseNeedsAMessageOnce) {
  EXPECT_TRUE(failed_with(Code::invalid_argument, reader().release(0)));
  ASSERT_TRUE(succeeded(send(0)));
  ASSERT_TRUE(succeeded(receive(reader(), 0, soon())));
  EXPECT_TRUE(failed_with(Code::invalid_argument, reader().release(2)));
  EXPECT_TRUE(succeeded(reader().release(0)));
  EXPECT_TRUE(failed_with(Code::invalid_argument, reader().release(0)));
}

TEST_F(UcxPair, ReceiveThatTimedOutIsTakenUpAgain) {
  EXPECT_TRUE(failed_with(Code::timed_out, receive(reader(), 0, shortly())));
  EXPECT_TRUE(failed_with(Code::invalid_argument, receive(reader(), 2, shortly()))) << "its slot is promised to 0";
  ASSERT_TRUE(succeeded(send(0)));
  EXPECT_TRUE(succeeded(receive(reader(), 0, soon())));
  EXPECT_TRUE(succeeded(receive(reader(), 0, soon()))) << "it is held until its release";
}

TEST_F(UcxPair, TimeoutsNameWhoIsAwaited) {
  ASSERT_TRUE(succeeded(send(0)));
  const Outcome receiving = receive(reader(), 1, shortly());
  EXPECT_TRUE(failed_with(Code::timed_out, receiving));
  EXPECT_NE(receiving.message.find("actor 0 has not sent execution 1"), std::string::npos) << receiving.message;
  const Outcome acquiring = writer().acquire(2, shortly());
  EXPECT_TRUE(failed_with(Code::timed_out, acquiring));
  EXPECT_NE(acquiring.message.find("actor 1 still holds execution 0"), std::string::npos) << acquiring.message;
}

TEST(UcxChannel, EndsMustAgree) {
  for (const ChannelPlan& theirs : {ChannelPlan{.slots = 3}, ChannelPlan{.slot_bytes = 65},
                                    ChannelPlan{.note_bytes = 17}, ChannelPlan{.readers = {1, 2}}}) {
    Ensemble pair(TransportUnderTest{ucx("")}, 2, {});
    ASSERT_TRUE(succeeded(pair.transport(0).open_writer(4, {})));
    ASSERT_TRUE(succeeded(pair.transport(1).open_reader(4, theirs)));
    const Outcome outcome = pair.connect();
    EXPECT_TRUE(failed_with(Code::invalid_argument, outcome));
    EXPECT_NE(outcome.message.find("channel 4"), std::string::npos) << outcome.message;
  }
}

}  // namespace stretto::contract
