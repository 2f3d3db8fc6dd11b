// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Several actors in one process, joined by a transport under test, as the core's launcher would join them.

#include "open_actor.h"

#include <barrier>

namespace stretto::contract {

/// All actors' instances, with their devices. Members are made and destroyed by one thread.
class Ensemble {
 public:
  /// Opens every actor's ends of the channels and parts in the collectives; does not connect.
  Ensemble(const TransportUnderTest& transport, uint32_t actor_count, std::vector<ChannelPlan> channels,
           const std::vector<CollectivePlan>& collectives = {})
      : channels_(std::move(channels)) {
    for (uint32_t actor = 0; actor < actor_count; ++actor) {
      auto& opened = *actors_.emplace_back(std::make_unique<OpenActor>(transport, actor, actor_count));
      opened.transport().open_ends(channels_);
      opened.transport().open_parts(collectives);
    }
  }
  Ensemble(const Ensemble&) = delete;
  Ensemble& operator=(const Ensemble&) = delete;
  /// Ends what still waits, so that a failed test ends too.
  ~Ensemble() {
    for (const auto& actor : actors_) actor->abort();
    for (const auto& actor : actors_) actor->close_lane();
  }

  /// Each actor connects on a thread of its own. The first failure of any of them.
  Outcome connect() {
    const size_t count = actors_.size();
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
          outcomes[actor] = actors_[actor]->transport().connect(round, theirs, mine[actor], finished, soon());
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

  OpenActor& actor(uint32_t actor) { return *actors_[actor]; }
  OpenTransport& transport(uint32_t actor) { return actors_[actor]->transport(); }
  const OpenDevice& device(uint32_t actor) { return actors_[actor]->device(); }
  OpenLane& lane(uint32_t actor) { return actors_[actor]->lane(); }
  OpenEnd& writer(uint32_t id) { return transport(channels_[id].writer).writer(id); }
  OpenEnd& reader(uint32_t id, size_t which = 0) { return transport(channels_[id].readers[which]).reader(id); }
  const ChannelPlan& channel(uint32_t id) const { return channels_[id]; }
  /// Closes one actor's instance before the others'.
  void close(uint32_t actor) { actors_[actor]->close_transport(); }

 private:
  std::vector<ChannelPlan> channels_;
  std::vector<std::unique_ptr<OpenActor>> actors_;
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
    const auto host = std::make_shared<PinnedBytes>(device, payload);
    const auto memory = std::make_shared<DeviceMemory>(device, payload.size());
    lane.copy(memory->data(), host->data(), payload.size());
    const Outcome sent = lane.run([&](const stretto_native& native, const stretto_sink* sink) {
                               return end.api().lane_send(end.raw(), &native, memory->data(), payload.size(), sink);
                             })
                             .get();
    const Outcome settled = lane.settle();
    if (settled.code != Code::ok) {
      lane.keep(host);
      lane.keep(memory);
    }
    return sent.code != Code::ok ? sent : settled;
  }
  if (Outcome outcome = end.acquire(execution, soon()); outcome.code != Code::ok) return outcome;
  ensemble.actor(actor).fill(end, execution, payload);
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
    const auto memory = std::make_shared<DeviceMemory>(device, bytes);
    const auto host = std::make_shared<PinnedBytes>(device, bytes);
    const Outcome received = lane.run([&](const stretto_native& native, const stretto_sink* sink) {
                                   return end.api().lane_receive(end.raw(), &native, memory->data(), bytes, sink);
                                 })
                                 .get();
    lane.copy(host->data(), memory->data(), bytes);
    const Outcome settled = lane.settle();
    if (settled.code != Code::ok) {
      lane.keep(host);
      lane.keep(memory);
    }
    payload = host->bytes();
    return received.code != Code::ok ? received : settled;
  }
  uint64_t arrived = 0;
  if (Outcome outcome = end.receive(execution, &arrived, note, soon()); outcome.code != Code::ok) return outcome;
  payload = ensemble.actor(actor).bytes_in(end, execution, arrived);
  return end.release(execution);
}

}  // namespace stretto::contract
