// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/handover.h"

#include <algorithm>
#include <thread>

namespace stretto {

namespace {

/// What a semaphore stands at once its step has run for this execution.
uint64_t mark_of(int64_t execution) { return static_cast<uint64_t>(execution) + 1; }

}  // namespace

HandoverWords::HandoverWords(const Plan& plan)
    : plan_(plan), releasing_(plan.channels.size(), [&](auto&& releases) {
        for (uint32_t id = 0; id < plan.steps.size(); ++id)
          for (const uint32_t channel : plan.steps[id].releases)
            if (plan.channels[channel].device_slots) releases(channel, id);
      }) {}

std::vector<HandoverWords::OfReader> HandoverWords::readers(uint32_t channel) const {
  std::vector<OfReader> all;
  uint32_t next = kPublished + 1;
  for (const auto& reader : plan_.channels[channel].readers) {
    OfReader& one = all.emplace_back(OfReader{reader.actor, {}, next});
    for (const uint32_t step : releasing_[channel])
      if (plan_.steps[step].actor == reader.actor) one.steps.push_back(step);
    next = one.use() + 1;
  }
  return all;
}

uint32_t HandoverWords::count(uint32_t channel) const {
  return plan_.channels[channel].device_slots ? readers(channel).back().use() + 1 : 0;
}

Handovers::Handovers(const Plan& plan, uint32_t actor, DeviceHandle& device, Endpoints& endpoints)
    : plan_(plan), actor_(actor), device_(device), endpoints_(endpoints) {}

void Handovers::open() {
  const HandoverWords words(plan_);
  for (uint32_t id = 0; id < plan_.channels.size(); ++id) {
    const Channel& channel = plan_.channels[id];
    if (!channel.device_slots) continue;
    if (channel.writer == actor_) open_writing(id, words);
    if (std::ranges::any_of(channel.readers, [&](const auto& reader) { return reader.actor == actor_; }))
      open_reading(id, words);
  }
}

void Handovers::open_writing(uint32_t channel, const HandoverWords& words) {
  EndHandle& end = endpoints_.end(channel);
  Writing& writing = writing_[channel];
  writing.slots = plan_.rings[plan_.channels[channel].ring].slots;
  writing.published = device_.open_semaphore_at(end.word(HandoverWords::kPublished));
  for (const auto& reader : words.readers(channel)) {
    for (uint32_t word = reader.first; word < reader.use(); ++word)
      writing.released.push_back(device_.open_semaphore_at(end.word(word)));
    writing.uses.push_back(&end.word(reader.use()));
  }
}

void Handovers::open_reading(uint32_t channel, const HandoverWords& words) {
  EndHandle& end = endpoints_.end(channel);
  Reading& reading = reading_[channel];
  reading.published = device_.open_semaphore_at(end.word(HandoverWords::kPublished));
  for (const auto& reader : words.readers(channel)) {
    if (reader.actor != actor_) continue;
    for (size_t i = 0; i < reader.steps.size(); ++i)
      reading.releases.push_back(
          {reader.steps[i], device_.open_semaphore_at(end.word(reader.first + static_cast<uint32_t>(i)))});
    reading.use = &end.word(reader.use());
  }
  reading.use->store(Use::uses, std::memory_order_seq_cst);
}

void Handovers::acquire(uint32_t channel, LaneHandle& lane, int64_t execution) {
  Writing& writing = writing_.at(channel);
  if (execution < writing.slots) return;
  for (auto& released : writing.released) lane.wait(released, mark_of(execution - writing.slots));
}

void Handovers::send(uint32_t channel, LaneHandle& lane, int64_t execution) {
  lane.signal(writing_.at(channel).published, mark_of(execution));
}

void Handovers::receive(uint32_t channel, LaneHandle& lane, int64_t execution) {
  lane.wait(reading_.at(channel).published, mark_of(execution));
}

void Handovers::release(uint32_t channel, uint32_t step, LaneHandle& lane, int64_t execution) {
  for (auto& release : reading_.at(channel).releases)
    if (release.step == step) lane.signal(release.word, mark_of(execution));
}

void Handovers::close() {
  for (auto& [id, reading] : reading_) {
    reading.published = {};
    reading.releases.clear();
  }
  for (auto& [id, writing] : writing_) {
    writing.published = {};
    writing.released.clear();
  }
}

void Handovers::leave() {
  for (auto& [id, reading] : reading_)
    if (reading.use != nullptr) reading.use->store(Use::left, std::memory_order_seq_cst);
  reading_.clear();
}

bool Handovers::await_readers(Deadline deadline) {
  const auto done = [&] {
    return std::ranges::all_of(writing_, [](const auto& entry) {
      return std::ranges::none_of(entry.second.uses, [](const auto* use) { return use->load() == Use::uses; });
    });
  };
  // Their ends come within a moment of this one, and nobody wakes anybody for it.
  while (!done()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

}  // namespace stretto
