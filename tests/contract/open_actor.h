// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One actor with its device, a lane of it, and its instance of a transport under test. Slots of a host-driven
/// transport lie where the core would put them: in the device's memory, where the transport takes that.

#include "open_device.h"
#include "open_transport.h"

#include <optional>

namespace stretto::contract {

struct TransportUnderTest {
  UnderTest subject;
  UnderTest device = {"cpu", "cpu"};         ///< that the actors have
  bool own_device = false;                   ///< each actor one of its own: actor i the device i
  bool borrows = true;                       ///< slots in host memory lie in the transport's, where it has some
  std::optional<UnderTest> odd_device = {};  ///< that actors with odd numbers have
};
inline void PrintTo(const TransportUnderTest& transport, std::ostream* out) { *out << transport.subject.component; }

/// Made and destroyed by one thread; `fill` and `bytes_in` by any.
class OpenActor {
 public:
  OpenActor(const TransportUnderTest& transport, uint32_t actor, uint32_t actor_count)
      : device_(actor % 2 == 1 && transport.odd_device ? *transport.odd_device : transport.device,
                transport.own_device ? static_cast<int32_t>(actor) : 0),
        lane_(std::make_unique<OpenLane>(device_, 1)) {
    const auto& subject = transport.subject;
    const auto& component = load_component(plugin_path(subject.plugin), STRETTO_TRANSPORT, subject.component);
    if (takes_device_memory(*static_cast<const stretto_transport_api*>(component.api)))
      on_device_ = [this](uint64_t bytes) {
        return static_cast<std::byte*>(memory_.emplace_back(device_, bytes).data());
      };
    transport_ = std::make_unique<OpenTransport>(component, subject.options, actor, actor_count, &lane_->native(),
                                                 transport.borrows, &device_.api(), device_.raw(), on_device_);
  }
  OpenActor(const OpenActor&) = delete;
  OpenActor& operator=(const OpenActor&) = delete;
  /// A lane may be in a transport's call: that was aborted, or has ended.
  ~OpenActor() = default;
  const OpenDevice& device() const { return device_; }
  OpenLane& lane() { return *lane_; }
  OpenTransport& transport() { return *transport_; }
  const OpenTransport& transport() const { return *transport_; }
  void abort() const {
    if (transport_ != nullptr) transport_->abort();
    device_.abort();
  }
  void close_transport() { transport_.reset(); }
  void close_lane() { lane_.reset(); }

  /// Writes into an end's slot.
  void fill(const OpenEnd& end, int64_t execution, const std::vector<std::byte>& payload) {
    std::byte* slot = end.slot(execution);
    if (on_device_ == nullptr) {
      std::copy(payload.begin(), payload.end(), slot);
      return;
    }
    PinnedBytes host(device_, payload);
    copy(slot, host.data(), payload.size());
  }
  /// The first bytes of an end's slot.
  std::vector<std::byte> bytes_in(const OpenEnd& end, int64_t execution, uint64_t count) {
    const std::byte* slot = end.slot(execution);
    if (on_device_ == nullptr) return {slot, slot + count};
    PinnedBytes host(device_, count);
    copy(host.data(), slot, count);
    return host.bytes();
  }

 private:
  bool takes_device_memory(const stretto_transport_api& api) const {
    if ((api.flags & (STRETTO_TRANSPORT_STREAM_ORDERED | STRETTO_TRANSPORT_SHARES_SLOTS)) != 0) return false;
    const std::span kinds(api.memory_kinds, api.memory_kind_count);
    const std::string kind = device_.api().memory_kind;
    return kind != "host" && std::ranges::any_of(kinds, [&](const char* taken) { return kind == taken; });
  }
  void copy(void* to, const void* from, uint64_t bytes) {
    const Outcome posted = lane_->copy(to, from, bytes).get();
    const Outcome settled = posted.code == Code::ok ? lane_->settle() : posted;
    if (settled.code != Code::ok) throw Error(settled.code, "copy a slot: " + settled.message);
  }

  OpenDevice device_;
  std::deque<DeviceMemory> memory_;
  std::unique_ptr<OpenTransport> transport_;
  std::unique_ptr<OpenLane> lane_;  // destroyed before the transport, whose calls it may be in
  SlotMemory on_device_;
};

}  // namespace stretto::contract
