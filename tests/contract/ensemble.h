// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Several actors in one process, joined by a transport under test, as the core's launcher would join them.

#include "open_device.h"
#include "open_transport.h"

#include <barrier>

namespace stretto::contract {

struct TransportUnderTest {
  UnderTest subject;
  UnderTest device = {"cpu", "cpu"};  ///< that the actors have
  bool own_device = false;            ///< each actor one of its own: actor i the device i
  bool borrows = true;                ///< slots lie in the transport's memory, where it has some
};
inline void PrintTo(const TransportUnderTest& transport, std::ostream* out) { *out << transport.subject.component; }

/// All actors' instances, with their devices. Members are made and destroyed by one thread.
class Ensemble {
 public:
  /// Opens every actor's ends of the channels and parts in the collectives; does not connect.
  Ensemble(const TransportUnderTest& transport, uint32_t actor_count, std::vector<ChannelPlan> channels,
           const std::vector<CollectivePlan>& collectives = {})
      : channels_(std::move(channels)) {
    const auto& subject = transport.subject;
    const auto& component = load_component(plugin_path(subject.plugin), STRETTO_TRANSPORT, subject.component);
    for (uint32_t actor = 0; actor < actor_count; ++actor) {
      devices_.push_back(
          std::make_unique<OpenDevice>(transport.device, transport.own_device ? static_cast<int32_t>(actor) : 0));
      lanes_.push_back(std::make_unique<OpenLane>(*devices_.back(), 1));
      transports_.push_back(std::make_unique<OpenTransport>(component, subject.options, actor, actor_count,
                                                            &lanes_.back()->native(), transport.borrows));
      transports_.back()->open_ends(channels_);
      transports_.back()->open_parts(collectives);
    }
  }
  Ensemble(const Ensemble&) = delete;
  Ensemble& operator=(const Ensemble&) = delete;
  /// Ends what still waits, so that a failed test ends too.
  ~Ensemble() {
    for (const auto& transport : transports_)
      if (transport != nullptr) transport->abort();
    for (const auto& device : devices_) device->abort();
  }

  /// Each actor connects on a thread of its own. The first failure of any of them.
  Outcome connect() {
    const size_t count = transports_.size();
    std::vector<Word> mine(count);
    std::vector<Outcome> outcomes(count);
    std::vector<char> done(count, 0);
    std::barrier meeting(static_cast<std::ptrdiff_t>(count));
    std::vector<std::thread> threads;
    for (size_t actor = 0; actor < count; ++actor)
      threads.emplace_back([&, actor] {
        for (uint32_t round = 0;; ++round) {
          std::vector<Word> theirs;
          for (size_t other = 0; round > 0 && other < count; ++other)
            theirs.push_back(other == actor ? Word{}
                                            : Word{mine[other].bytes, duplicates(mine[other].descriptors.data(),
                                                                                 mine[other].descriptors.size())});
          meeting.arrive_and_wait();  // all have their copies of the last round
          bool finished = false;
          outcomes[actor] = transports_[actor]->connect(round, theirs, mine[actor], finished, soon());
          done[actor] = finished || outcomes[actor].code != Code::ok ? 1 : 0;
          meeting.arrive_and_wait();
          const bool failed = std::ranges::any_of(outcomes, [](const auto& it) { return it.code != Code::ok; });
          if (failed || std::ranges::all_of(done, [](char it) { return it != 0; })) return;
          meeting.arrive_and_wait();  // nobody overwrites what others still judge
        }
      });
    for (auto& thread : threads) thread.join();
    for (const auto& outcome : outcomes)
      if (outcome.code != Code::ok) return outcome;
    return {};
  }

  OpenTransport& transport(uint32_t actor) { return *transports_[actor]; }
  const OpenDevice& device(uint32_t actor) { return *devices_[actor]; }
  OpenLane& lane(uint32_t actor) { return *lanes_[actor]; }
  OpenEnd& writer(uint32_t id) { return transport(channels_[id].writer).writer(id); }
  OpenEnd& reader(uint32_t id, size_t which = 0) { return transport(channels_[id].readers[which]).reader(id); }
  const ChannelPlan& channel(uint32_t id) const { return channels_[id]; }
  /// Closes one actor's instance before the others'.
  void close(uint32_t actor) { transports_[actor].reset(); }

 private:
  std::vector<ChannelPlan> channels_;
  std::vector<std::unique_ptr<OpenDevice>> devices_;
  std::vector<std::unique_ptr<OpenTransport>> transports_;
  // Destroyed first: a lane may be in a transport's call, which the destructor's aborts have ended.
  std::vector<std::unique_ptr<OpenLane>> lanes_;
};

/// Sends one message, whatever the kind of transport: fills the slot, or device memory, with these bytes. Blocks.
/// One thread for each writing actor.
inline Outcome send_message(Ensemble& ensemble, uint32_t id, int64_t execution, const std::vector<std::byte>& payload,
                            const void* note = nullptr) {
  auto& end = ensemble.writer(id);
  const uint32_t actor = ensemble.channel(id).writer;
  if (ensemble.transport(actor).has(STRETTO_TRANSPORT_STREAM_ORDERED)) {
    const auto& device = ensemble.device(actor);
    auto& lane = ensemble.lane(actor);
    PinnedBytes host(device, payload);
    const DeviceMemory memory(device, payload.size());
    lane.copy(memory.data(), host.data(), payload.size());
    const Outcome sent = lane.run([&](const stretto_native& native, const stretto_sink* sink) {
                               return end.api().lane_send(end.raw(), &native, memory.data(), payload.size(), sink);
                             })
                             .get();
    const Outcome settled = lane.settle();
    return sent.code != Code::ok ? sent : settled;
  }
  if (Outcome outcome = end.acquire(execution, soon()); outcome.code != Code::ok) return outcome;
  std::copy(payload.begin(), payload.end(), end.slot(execution));
  return end.send(execution, payload.size(), note, soon());
}

/// Receives one message of `bytes` and gives its slot up. Blocks. One thread for each reading actor.
inline Outcome receive_message(Ensemble& ensemble, uint32_t id, size_t which, int64_t execution, uint64_t bytes,
                               std::vector<std::byte>& payload, void* note = nullptr) {
  auto& end = ensemble.reader(id, which);
  const uint32_t actor = ensemble.channel(id).readers[which];
  if (ensemble.transport(actor).has(STRETTO_TRANSPORT_STREAM_ORDERED)) {
    const auto& device = ensemble.device(actor);
    auto& lane = ensemble.lane(actor);
    const DeviceMemory memory(device, bytes);
    PinnedBytes host(device, bytes);
    const Outcome received = lane.run([&](const stretto_native& native, const stretto_sink* sink) {
                                   return end.api().lane_receive(end.raw(), &native, memory.data(), bytes, sink);
                                 })
                                 .get();
    lane.copy(host.data(), memory.data(), bytes);
    const Outcome settled = lane.settle();
    payload = host.bytes();
    return received.code != Code::ok ? received : settled;
  }
  uint64_t arrived = 0;
  if (Outcome outcome = end.receive(execution, &arrived, note, soon()); outcome.code != Code::ok) return outcome;
  const std::byte* slot = end.slot(execution);
  payload.assign(slot, slot + arrived);
  return end.release(execution);
}

}  // namespace stretto::contract
