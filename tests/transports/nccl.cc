// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The transport nccl without several GPUs. T1: the real library answers; who takes part is worked out rightly.
/// What needs GPUs is run as jobs, by tests/gpu/run.py.

#include "announcement.h"
#include "communicator.h"
#include "plugin_under_test.h"

namespace stretto::nccl {
namespace {

using contract::failed_with;
using contract::load_component;
using contract::outcome_of;
using contract::plugin_path;

Announcement on(const char* gpu, int32_t process, std::set<uint32_t> peers) {
  Announcement announcement;
  std::strncpy(announcement.gpu.data(), gpu, announcement.gpu.size() - 1);
  announcement.process = process;
  announcement.peers = std::move(peers);
  return announcement;
}

/// Announcements of all actors, as connect hands them over; an empty one takes no part.
class Announced {
 public:
  explicit Announced(const std::vector<std::optional<Announcement>>& announcements) {
    for (const auto& each : announcements) bytes_.push_back(each ? each->to_bytes() : std::vector<std::byte>{});
    for (const auto& each : bytes_) views_.push_back({each, {}});
  }
  std::span<const BlobView> views() const { return views_; }

 private:
  std::vector<std::vector<std::byte>> bytes_;
  std::vector<BlobView> views_;
};

template <class Body>
std::pair<Code, std::string> thrown_by(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {Code::ok, ""};
}

// Not the header's very version: a machine has a library of its own. It reads no more of an ncclConfig_t than it knows,
// and where it lacks a call, the plugin does not load.
TEST(NcclLibrary, HasTheInterfaceThatThePluginIsWrittenFor) {
  int version = 0;
  ASSERT_EQ(ncclGetVersion(&version), ncclSuccess);
  EXPECT_EQ(version / 10000, NCCL_MAJOR);
  EXPECT_GE(version, NCCL_VERSION(2, 19, 1)) << "ncclCommRegister is of that version";
  const auto [minor, patch] = std::pair(version / 100 % 100, version % 100);
  EXPECT_EQ(library_version(), std::to_string(NCCL_MAJOR) + "." + std::to_string(minor) + "." + std::to_string(patch));
}

TEST(NcclLibrary, UniqueIdsAreUnique) {
  EXPECT_NE(make_unique_id(), make_unique_id());
  EXPECT_NE(make_unique_id(), UniqueId{});
}

TEST(NcclLibrary, WrongRanksAreRefusedInItsWords) {
  const std::atomic<bool> aborted{false};
  const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  const auto [code, text] = thrown_by([&] { const Communicator made(make_unique_id(), 2, 5, {}, soon, aborted); });
  EXPECT_NE(code, Code::ok);
  EXPECT_NE(text.find("nccl"), std::string::npos) << text;
}

TEST(NcclLibrary, AbortedInitialisationIsCancelled) {
  const std::atomic<bool> aborted{true};
  const auto soon = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  const auto [code, text] = thrown_by([&] { const Communicator made(make_unique_id(), 2, 0, {}, soon, aborted); });
  EXPECT_EQ(code, Code::cancelled) << text;
}

TEST(NcclTransport, NeedsACudaDevice) {
  const auto& api =
      *static_cast<const stretto_transport_api*>(load_component(plugin_path("nccl"), STRETTO_TRANSPORT, "nccl").api);
  const stretto_native host{sizeof host, 0, "host", 0, 0};
  const auto& component = load_component(plugin_path("nccl"), STRETTO_TRANSPORT, "nccl");
  const contract::GivenSettings settings(component.options, component.option_count, "");
  const stretto_transport_open request{sizeof request, 0, 2, 0, settings.raw(), &host, nullptr, nullptr};
  stretto_transport* transport = nullptr;
  EXPECT_TRUE(failed_with(Code::invalid_argument,
                          outcome_of([&](const stretto_sink* sink) { return api.open(&request, &transport, sink); })));
}

TEST(NcclMembership, RanksCountTheActorsThatTakePart) {
  const Announced announced({on("a", 1, {2}), std::nullopt, on("b", 2, {0, 3}), on("c", 3, {2})});
  const Membership members(2, on("b", 2, {0, 3}), announced.views());
  EXPECT_EQ(members.ranks(), 3);
  EXPECT_EQ(members.first(), 0U);
  EXPECT_EQ(members.rank_of(0), 0);
  EXPECT_EQ(members.rank_of(2), 1);
  EXPECT_EQ(members.rank_of(3), 2);
  EXPECT_EQ(thrown_by([&] { members.rank_of(1); }).first, Code::internal);
  EXPECT_EQ(members.pairs(), (std::set<std::pair<uint32_t, uint32_t>>{{0, 2}, {2, 3}}));
}

TEST(NcclMembership, PeersMustAgree) {
  const Announced announced({on("a", 1, {1}), on("b", 2, {})});
  EXPECT_EQ(thrown_by([&] { const Membership members(1, on("b", 2, {}), announced.views()); }).first, Code::internal);
}

TEST(NcclMembership, GarbageIsNoAnnouncement) {
  const std::vector<std::byte> bytes(5);
  EXPECT_EQ(thrown_by([&] { Announcement::from_bytes(bytes); }).first, Code::internal);
}

TEST(NcclMembership, TwoActorsOnOneGpuAreRefused) {
  const Announced apart({on("a", 1, {1}), on("b", 2, {0})});
  EXPECT_EQ(thrown_by([&] { Membership(0, on("a", 1, {1}), apart.views()).expect_gpus_apart(false); }).first, Code::ok);
  const Announced together({on("a", 1, {1}), on("a", 2, {0})});
  const Membership members(0, on("a", 1, {1}), together.views());
  const auto [code, text] = thrown_by([&] { members.expect_gpus_apart(false); });
  EXPECT_EQ(code, Code::unavailable);
  EXPECT_NE(text.find("actors 0 and 1"), std::string::npos) << text;
  EXPECT_NE(text.find("share_device"), std::string::npos) << text;
  EXPECT_EQ(thrown_by([&] { members.expect_gpus_apart(true); }).first, Code::ok);
}

TEST(NcclMembership, SharingNeedsProcesses) {
  const Announced together({on("a", 1, {1}), on("a", 1, {0})});
  const Membership members(0, on("a", 1, {1}), together.views());
  const auto [code, text] = thrown_by([&] { members.expect_gpus_apart(true); });
  EXPECT_EQ(code, Code::unavailable);
  EXPECT_NE(text.find("processes"), std::string::npos) << text;
}

}  // namespace
}  // namespace stretto::nccl
