// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One actor's instance of a transport under test, through the boundary's tables. Without GoogleTest, so that the peer
/// process uses it too.

#include "descriptors.h"
#include "load_component.h"
#include "stretto/device.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <map>
#include <random>

namespace stretto::contract {

/// A channel, the same on all actors. Its number is its place in the list of all.
struct ChannelPlan {
  uint32_t slots = 2;
  uint64_t slot_bytes = 64;
  uint32_t note_bytes = 16;
  uint32_t writer = 0;
  std::vector<uint32_t> readers = {1};
  uint32_t words = 0;  ///< of one whose slots lie in a device's memory
};

/// A collective, the same on all actors. Its number is its place in the list of all.
struct CollectivePlan {
  stretto_collective_kind kind = STRETTO_ALL_REDUCE;
  int32_t reduction = STRETTO_REDUCE_SUM;  ///< 0 where it reduces nothing
  DType dtype = kF32;
  uint64_t elements = 12;  ///< of one member's input
  std::vector<uint32_t> members = {0, 1};
  uint32_t root = 0;
};

/// The bytes of one message, told by its channel and execution; readers make them again.
inline std::vector<std::byte> message_bytes(uint32_t id, int64_t execution, uint64_t count) {
  std::mt19937_64 random(id * 1'000'003ULL + static_cast<uint64_t>(execution));
  std::vector<std::byte> bytes(count);
  size_t at = 0;
  for (; at + 8 <= count; at += 8) {
    const uint64_t word = random();
    std::memcpy(bytes.data() + at, &word, 8);
  }
  for (; at < count; ++at) bytes[at] = static_cast<std::byte>(random());
  return bytes;
}

/// What an actor tells the others in one round. Owns nothing: the descriptors' owner is said where it is passed.
struct Word {
  std::vector<std::byte> bytes;
  std::vector<int> descriptors;
};

/// Somebody's memory for a slot, who keeps it until the transport is closed.
using SlotMemory = std::function<std::byte*(uint64_t bytes)>;

/// One end. Calls as in abi.h.
class OpenEnd {
 public:
  OpenEnd() = default;
  OpenEnd(const stretto_transport_api& api, stretto_end* end, ChannelPlan plan)
      : api_(&api), end_(end), plan_(std::move(plan)) {}
  const ChannelPlan& plan() const { return plan_; }
  stretto_end* raw() const { return end_; }
  const stretto_transport_api& api() const { return *api_; }

  /// Where a slot lies: in the transport's memory, or, with a transport that shares none, in what was bound.
  std::byte* slot(int64_t execution) const {
    const auto index = static_cast<uint32_t>(execution % plan_.slots);
    if (!bound_.empty()) return bound_[index];
    void* memory = nullptr;
    needed("slot", [&](const stretto_sink* sink) { return api_->slot(end_, index, &memory, sink); });
    return static_cast<std::byte*>(memory);
  }
  Outcome acquire(int64_t execution, int64_t deadline) const {
    return outcome_of([&](const stretto_sink* sink) { return api_->acquire(end_, execution, deadline, sink); });
  }
  Outcome send(int64_t execution, uint64_t bytes, const void* note, int64_t deadline) const {
    return outcome_of(
        [&](const stretto_sink* sink) { return api_->send(end_, execution, bytes, note, deadline, sink); });
  }
  Outcome receive(int64_t execution, uint64_t* bytes, void* note, int64_t deadline) const {
    return outcome_of(
        [&](const stretto_sink* sink) { return api_->receive(end_, execution, bytes, note, deadline, sink); });
  }
  /// Of channels with words.
  using Told = std::array<std::byte, STRETTO_EXPORT_BYTES>;
  Outcome offer_memory(const Told& told) const {
    return outcome_of([&](const stretto_sink* sink) { return api_->offer_memory(end_, told.data(), sink); });
  }
  Outcome offered_memory(Told& told) const {
    return outcome_of([&](const stretto_sink* sink) { return api_->offered_memory(end_, told.data(), sink); });
  }
  Outcome word(uint32_t index, std::atomic<uint64_t>** word) const {
    return outcome_of([&](const stretto_sink* sink) {
      void* found = nullptr;
      const int32_t code = api_->word(end_, index, &found, sink);
      *word = static_cast<std::atomic<uint64_t>*>(found);
      return code;
    });
  }
  Outcome release(int64_t execution) const {
    return outcome_of([&](const stretto_sink* sink) { return api_->release(end_, execution, sink); });
  }

  /// Gives the slots of a host-driven transport that shares none their memory: `elsewhere`'s, `lender`'s, or without
  /// either their own. Before connect.
  void bind_slots(const SlotMemory& elsewhere, stretto_transport* lender) {
    if (elsewhere != nullptr) lender = nullptr;
    if (elsewhere == nullptr && lender == nullptr)
      own_.assign(plan_.slots, std::vector<std::byte>(plan_.slot_bytes + 1));
    for (uint32_t i = 0; i < plan_.slots; ++i) {
      void* memory = elsewhere != nullptr ? elsewhere(plan_.slot_bytes + 1)
                     : lender == nullptr  ? own_[i].data()
                                          : nullptr;
      if (lender != nullptr)
        needed("allocate",
               [&](const stretto_sink* sink) { return api_->allocate(lender, plan_.slot_bytes + 1, &memory, sink); });
      bound_.push_back(static_cast<std::byte*>(memory));
      if (api_->bind != nullptr)
        needed("bind", [&](const stretto_sink* sink) { return api_->bind(end_, i, memory, plan_.slot_bytes, sink); });
    }
  }

 private:
  const stretto_transport_api* api_ = nullptr;
  stretto_end* end_ = nullptr;
  ChannelPlan plan_;
  std::vector<std::vector<std::byte>> own_;
  std::vector<std::byte*> bound_;
};

/// Owns an instance. Opening and connecting: one thread; abort: any.
class OpenTransport {
 public:
  /// `borrows`: slots lie in the transport's memory, where it has some; `elsewhere`: not even then.
  OpenTransport(const stretto_component& component, const std::string& options, uint32_t actor, uint32_t actor_count,
                const stretto_native* device, bool borrows = true, const stretto_device_api* device_api = nullptr,
                stretto_device* device_handle = nullptr, SlotMemory elsewhere = nullptr)
      : api_(*static_cast<const stretto_transport_api*>(component.api)),
        actor_(actor),
        actor_count_(actor_count),
        borrows_(borrows && has(STRETTO_TRANSPORT_ALLOCATES)),
        elsewhere_(std::move(elsewhere)) {
    const GivenSettings settings(component.options, component.option_count, options);
    const stretto_transport_open request{sizeof request, actor,  actor_count, 0,
                                         settings.raw(), device, device_api,  device_handle};
    needed("open a transport", [&](const stretto_sink* sink) { return api_.open(&request, &transport_, sink); });
  }
  OpenTransport(const OpenTransport&) = delete;
  OpenTransport& operator=(const OpenTransport&) = delete;
  ~OpenTransport() { api_.close(transport_); }
  const stretto_transport_api& api() const { return api_; }
  bool has(uint32_t flag) const { return (api_.flags & flag) != 0; }
  uint32_t actor() const { return actor_; }
  stretto_transport* raw() const { return transport_; }
  void abort() const { api_.abort(transport_); }

  Outcome open_writer(uint32_t id, const ChannelPlan& plan) { return open_end(id, plan, api_.writer, writers_); }
  Outcome open_reader(uint32_t id, const ChannelPlan& plan) { return open_end(id, plan, api_.reader, readers_); }
  /// Opens this actor's ends of all these channels.
  void open_ends(const std::vector<ChannelPlan>& plans) {
    for (uint32_t id = 0; id < plans.size(); ++id) {
      Outcome outcome;
      if (plans[id].writer == actor_) outcome = open_writer(id, plans[id]);
      if (outcome.code == Code::ok && std::ranges::find(plans[id].readers, actor_) != plans[id].readers.end())
        outcome = open_reader(id, plans[id]);
      if (outcome.code != Code::ok) throw Error(outcome.code, "open an end: " + outcome.message);
    }
  }
  /// Opens this actor's parts in all these collectives.
  void open_parts(const std::vector<CollectivePlan>& plans) {
    for (uint32_t id = 0; id < plans.size(); ++id) {
      const auto& plan = plans[id];
      if (std::ranges::find(plan.members, actor_) == plan.members.end()) continue;
      const std::string name = "collective " + std::to_string(id);
      const stretto_collective collective{sizeof collective,
                                          id,
                                          plan.kind,
                                          plan.reduction,
                                          plan.dtype.raw(),
                                          plan.root,
                                          plan.elements,
                                          static_cast<uint32_t>(plan.members.size()),
                                          0,
                                          plan.members.data(),
                                          name.c_str()};
      needed("open a part in a collective",
             [&](const stretto_sink* sink) { return api_.collective(transport_, &collective, &parts_[id], sink); });
    }
  }
  stretto_end* part(uint32_t id) const { return parts_.at(id); }
  OpenEnd& writer(uint32_t id) { return writers_.at(id); }
  OpenEnd& reader(uint32_t id) { return readers_.at(id); }

  /// One round. `theirs` is empty in round 0; its descriptors go to the transport. Those of `mine` stay its own.
  Outcome connect(uint32_t round, const std::vector<Word>& theirs, Word& mine, bool& done, int64_t deadline) {
    std::vector<stretto_blob> blobs;
    std::vector<const stretto_blob*> pointers;
    blobs.reserve(theirs.size());
    for (const auto& word : theirs) {
      blobs.push_back({sizeof(stretto_blob), static_cast<uint32_t>(word.descriptors.size()), word.descriptors.data(),
                       word.bytes.data(), word.bytes.size()});
      pointers.push_back(&blobs.back());
    }
    stretto_blob blob{};
    blob.size = sizeof blob;
    int32_t finished = 0;
    Outcome outcome = outcome_of([&](const stretto_sink* sink) {
      return api_.connect(transport_, round, theirs.empty() ? nullptr : pointers.data(), actor_count_, &blob, &finished,
                          deadline, sink);
    });
    done = finished != 0;
    const auto* bytes = static_cast<const std::byte*>(blob.bytes);
    mine = {};
    if (outcome.code == Code::ok)
      mine = {{bytes, bytes + blob.byte_count}, {blob.descriptors, blob.descriptors + blob.descriptor_count}};
    return outcome;
  }

 private:
  template <class Function>
  Outcome open_end(uint32_t id, const ChannelPlan& plan, Function open, std::map<uint32_t, OpenEnd>& ends) {
    const std::string name = "channel " + std::to_string(id);
    const stretto_channel channel{sizeof channel,
                                  id,
                                  plan.slots,
                                  plan.note_bytes,
                                  plan.slot_bytes,
                                  plan.writer,
                                  static_cast<uint32_t>(plan.readers.size()),
                                  plan.readers.data(),
                                  name.c_str(),
                                  plan.words,
                                  0};
    stretto_end* end = nullptr;
    Outcome outcome = outcome_of([&](const stretto_sink* sink) { return open(transport_, &channel, &end, sink); });
    if (outcome.code == Code::ok) {
      auto& made = ends.emplace(id, OpenEnd(api_, end, plan)).first->second;
      if (!has(STRETTO_TRANSPORT_SHARES_SLOTS) && !has(STRETTO_TRANSPORT_STREAM_ORDERED))
        made.bind_slots(elsewhere_, borrows_ ? transport_ : nullptr);
    }
    return outcome;
  }

  const stretto_transport_api& api_;
  const uint32_t actor_;
  const uint32_t actor_count_;
  const bool borrows_;
  const SlotMemory elsewhere_;
  stretto_transport* transport_ = nullptr;
  std::map<uint32_t, OpenEnd> writers_;
  std::map<uint32_t, OpenEnd> readers_;
  std::map<uint32_t, stretto_end*> parts_;
};

}  // namespace stretto::contract
