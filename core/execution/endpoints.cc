// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/endpoints.h"

#include "compile/joint.h"
#include "execution/handover.h"

#include <algorithm>

namespace stretto {

uint32_t slots_of(const Plan& plan, const Channel& channel) { return plan.rings[channel.ring].slots; }

namespace {

ChannelInfo info_of(const Plan& plan, uint32_t id, const Channel& channel) {
  ChannelInfo info{};
  info.id = id;
  info.slots = slots_of(plan, channel);
  info.note_bytes = channel.carries_note ? sizeof(Note) : 0;
  info.slot_bytes = channel.device_slots ? 0 : plan.rings[channel.ring].slot_bytes;
  info.writer = channel.writer;
  for (const auto& reader : channel.readers) info.readers.push_back(reader.actor);
  info.name = channel.name;
  return info;
}

bool reads(const Channel& channel, uint32_t actor) {
  return std::any_of(channel.readers.begin(), channel.readers.end(),
                     [&](const Channel::Reader& reader) { return reader.actor == actor; });
}

}  // namespace

Endpoints::Endpoints(const Plan& plan, uint32_t actor, Catalogue& catalogue, std::shared_ptr<ControlPage> page,
                     const stretto_native& device, const DeviceHandle* opened)
    : plan_(plan), page_(std::move(page)) {
  const HandoverWords words(plan);
  const auto open = [&](uint32_t component) -> TransportHandle& {
    const auto found = transports_.find(component);
    if (found != transports_.end()) return found->second;
    const ComponentUse& use = plan.components[component];
    const TransportRequest request{actor, static_cast<uint32_t>(plan.actors.size()), use.settings, device, opened};
    return transports_.emplace(component, TransportHandle::open(catalogue.find(STRETTO_TRANSPORT, use.name), request))
        .first->second;
  };
  for (uint32_t id = 0; id < plan.channels.size(); ++id) {
    const Channel& channel = plan.channels[id];
    const bool writes = channel.writer == actor;
    if (!writes && !reads(channel, actor)) continue;
    TransportHandle& transport = open(channel.transport);
    ChannelInfo info = info_of(plan, id, channel);
    info.words = words.count(id);
    ends_.emplace(id, writes ? transport.writer(info) : transport.reader(info));
    if (!writes && !channel.device_slots) {
      auto& countdown = countdowns_[id];
      countdown.left = std::vector<std::atomic<uint32_t>>(info.slots);
    }
  }
  for (const auto& step : plan.steps) {
    if (step.actor != actor) continue;
    for (uint32_t channel : step.releases)
      if (!plan.channels[channel].device_slots) ++countdowns_.at(channel).readers;
    if (step.kind != StepKind::collective) continue;
    const auto number = static_cast<uint32_t>(plan.nodes[static_cast<size_t>(step.node)].collective);
    const PlanCollective& collective = plan.collectives[number];
    TransportHandle& transport = open(static_cast<uint32_t>(collective.transport));
    collectives_.emplace(number, transport.collective(compiling::info_of(number, collective, plan.nodes, plan.values)));
  }
}

Endpoints::~Endpoints() {
  std::erase_if(transports_,
                [](const auto& entry) { return (entry.second.flags() & STRETTO_TRANSPORT_SHARES_SLOTS) == 0; });
}

std::vector<uint32_t> order_of_connecting(const Plan& plan) {
  std::vector<uint32_t> order;
  for (const bool sharing : {true, false})
    for (const auto& channel : plan.channels)
      if (channel.shares_slots == sharing && std::find(order.begin(), order.end(), channel.transport) == order.end())
        order.push_back(channel.transport);
  for (const auto& collective : plan.collectives)
    if (collective.transport >= 0 && std::find(order.begin(), order.end(), collective.transport) == order.end())
      order.push_back(static_cast<uint32_t>(collective.transport));
  return order;
}

std::vector<uint32_t> Endpoints::transports() const {
  std::vector<uint32_t> components;
  for (const auto& [component, handle] : transports_) components.push_back(component);
  return components;
}

TransportHandle* Endpoints::lender_of(uint32_t ring) {
  for (const auto& [id, end] : ends_) {
    const Channel& channel = plan_.channels[id];
    const bool carries =
        channel.ring == ring ||
        std::ranges::any_of(channel.readers, [&](const Channel::Reader& reader) { return reader.ring == ring; });
    TransportHandle& transport = transports_.at(channel.transport);
    if (carries && !channel.shares_slots && (transport.flags() & STRETTO_TRANSPORT_ALLOCATES) != 0) return &transport;
  }
  return nullptr;
}

Envelope Endpoints::connect(uint32_t transport, uint32_t round, std::span<const BlobView> theirs, Deadline deadline) {
  if (round == 0 && bind_) bind_(transport);
  Blob mine;
  Envelope envelope;
  envelope.done = transports_.at(transport).connect(round, theirs, mine, deadline);
  envelope.bytes = std::move(mine.bytes);
  envelope.descriptors = std::move(mine.descriptors);
  return envelope;
}

void Endpoints::send(uint32_t channel, const Note& note) {
  if (!plan_.channels[channel].carries_note) page_->post_settled(channel, note);
  ends_.at(channel).send(note.execution, note.bytes, &note, Deadline::max());
}

Note Endpoints::receive(uint32_t channel, int64_t execution, Deadline deadline) {
  Note note;
  ends_.at(channel).receive(execution, &note, deadline);
  // The writer posts before it sends, so what the page says is there by now.
  if (!plan_.channels[channel].carries_note) note = page_->await_settled(channel, execution, deadline);
  if (note.execution != execution)
    throw Error(Code::internal, "channel " + plan_.channels[channel].name + " brought execution " +
                                    std::to_string(note.execution) + ", expected " + std::to_string(execution));
  return note;
}

void Endpoints::release(uint32_t channel, int64_t execution) {
  Countdown& countdown = countdowns_.at(channel);
  auto& left = countdown.left[static_cast<uint64_t>(execution) % countdown.left.size()];
  // Counts up to `readers` and starts over, so that nobody has to reset it between executions. The slot's next
  // execution cannot be counted before the last reader of this one gave it back.
  const uint32_t ended = left.fetch_add(1, std::memory_order_acq_rel) + 1;
  if (ended < countdown.readers) return;
  left.store(0, std::memory_order_relaxed);
  ends_.at(channel).release(execution);
}

void Endpoints::abort() noexcept {
  for (auto& [component, handle] : transports_) handle.abort();
}

}  // namespace stretto
