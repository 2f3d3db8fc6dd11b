// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "execution/slots.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace stretto {

HostMemory allocate_host(uint64_t bytes) {
  constexpr uint64_t kPage = 4096;
  const uint64_t unit = std::min(std::bit_ceil(std::max<uint64_t>(bytes, 64)), kPage);
  const uint64_t rounded = (std::max<uint64_t>(bytes, 1) + unit - 1) / unit * unit;
  HostMemory memory(static_cast<std::byte*>(std::aligned_alloc(unit, rounded)));
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory.get(), 0, rounded);  // the pages exist before the first execution
  return memory;
}

namespace {

/// From slot to slot where all are one piece of memory: aligned as a device's own allocations are.
uint64_t stride_of(const Plan& plan, const Ring& ring) {
  constexpr uint64_t kUnit = 256;
  const uint64_t bytes = std::max<uint64_t>(ring.slot_bytes, 1);
  uint64_t all = 0;
  if (bytes > UINT64_MAX - kUnit ||
      __builtin_mul_overflow((bytes + kUnit - 1) / kUnit * kUnit, uint64_t{ring.slots}, &all))
    throw Error(Code::overloaded, std::to_string(ring.slots) + " slots of " + std::to_string(bytes) + " bytes for '" +
                                      plan.values[ring.value].name + "' do not fit into 64 bits");
  return all / ring.slots;
}

std::vector<void*> slots_in(void* memory, uint64_t stride, uint32_t count) {
  std::vector<void*> slots;
  for (uint32_t slot = 0; slot < count; ++slot) slots.push_back(static_cast<std::byte*>(memory) + slot * stride);
  return slots;
}

}  // namespace

Slots::Slots(const Plan& plan, uint32_t actor, DeviceHandle* device, Endpoints& endpoints)
    : plan_(plan),
      actor_(actor),
      device_(device),
      endpoints_(endpoints),
      memory_(plan.rings.size()),
      foreign_(plan.rings.size()) {
  std::vector<bool> exported(plan.rings.size());
  for (const Channel& channel : plan.channels)
    if (channel.device_slots) exported[channel.ring] = true;
  for (uint32_t id = 0; id < plan.rings.size(); ++id) {
    const Ring& ring = plan.rings[id];
    if (ring.actor != actor) continue;
    auto* lender = lender_of(id);
    foreign_[id] = lender != nullptr || ring.memory == Ring::Memory::transport;
    if (ring.memory == Ring::Memory::transport) continue;  // known once it has connected
    if (exported[id])
      allocate_exported(id);
    else
      allocate(id, lender);
  }
  endpoints.before_connecting([this](uint32_t transport) { bind_all(transport); });
}

Slots::Held Slots::pin(void* memory, uint64_t bytes) {
  device_->pin(memory, bytes);
  return {memory, {device_, &DeviceHandle::unpin}};
}

void Slots::allocate(uint32_t id, TransportHandle* lender) {
  const Ring& ring = plan_.rings[id];
  const bool on_device = lender == nullptr && ring.memory == Ring::Memory::device && device_ != nullptr;
  const uint64_t bytes = std::max<uint64_t>(ring.slot_bytes, 1);
  for (uint32_t slot = 0; slot < ring.slots; ++slot) {
    if (on_device) {
      on_device_.push_back(Held(device_->allocate(bytes), {device_, &DeviceHandle::free}));
      memory_[id].push_back(on_device_.back().get());
      continue;
    }
    if (lender == nullptr) host_.push_back(allocate_host(bytes));
    void* memory = lender != nullptr ? lender->allocate(bytes) : host_.back().get();
    memory_[id].push_back(memory);
    if (device_ != nullptr) (lender != nullptr ? foreign_pins_ : pins_).push_back(pin(memory, ring.slot_bytes));
  }
}

void Slots::allocate_exported(uint32_t id) {
  const Ring& ring = plan_.rings[id];
  const uint64_t stride = stride_of(plan_, ring);
  Held memory(device_->allocate_exported(stride * ring.slots, told_[id]), {device_, &DeviceHandle::free});
  memory_[id] = slots_in(memory.get(), stride, ring.slots);
  exported_.emplace(id, std::move(memory));
}

TransportHandle* Slots::lender_of(uint32_t id) {
  const Ring& ring = plan_.rings[id];
  const bool in_host_memory = ring.memory == Ring::Memory::host ||
                              (ring.memory == Ring::Memory::device && plan_.actors[actor_].memory_kind == "host");
  return in_host_memory ? endpoints_.lender_of(id) : nullptr;
}

void Slots::bind_all(uint32_t transport) {
  for (uint32_t id = 0; id < plan_.channels.size(); ++id) {
    const Channel& channel = plan_.channels[id];
    if (channel.transport != transport) continue;
    if (channel.device_slots && channel.writer == actor_) endpoints_.end(id).offer_memory(told_.at(channel.ring));
    if (channel.shares_slots) continue;
    if (channel.writer == actor_) bind(id, channel.ring);
    for (const auto& reader : channel.readers)
      if (reader.actor == actor_) bind(id, reader.ring);
  }
}

void Slots::bind(uint32_t channel, uint32_t ring) {
  look_up(ring);
  for (uint32_t slot = 0; slot < memory_[ring].size(); ++slot)
    endpoints_.end(channel).bind(slot, memory_[ring][slot], plan_.rings[ring].slot_bytes);
}

void Slots::resolve() {
  for (uint32_t id = 0; id < plan_.rings.size(); ++id)
    if (plan_.rings[id].actor == actor_) look_up(id);
}

void Slots::look_up(uint32_t id) {
  const Ring& ring = plan_.rings[id];
  if (ring.memory != Ring::Memory::transport || !memory_[id].empty()) return;
  if (plan_.channels[static_cast<uint32_t>(ring.channel)].device_slots) return import(id);
  for (uint32_t slot = 0; slot < ring.slots; ++slot) {
    memory_[id].push_back(endpoints_.end(static_cast<uint32_t>(ring.channel)).slot(slot));
    if (device_ != nullptr) foreign_pins_.push_back(pin(memory_[id].back(), ring.slot_bytes));
  }
}

void Slots::import(uint32_t id) {
  const Ring& ring = plan_.rings[id];
  const auto channel = static_cast<uint32_t>(ring.channel);
  const auto import = [&] {
    try {
      return device_->import_memory(endpoints_.end(channel).offered_memory());
    } catch (const Error& error) {
      throw Error(error.code(), "channel '" + plan_.channels[channel].name + "': " + error.what());
    }
  };
  Held memory(import(), {device_, &DeviceHandle::release_memory});
  memory_[id] = slots_in(memory.get(), stride_of(plan_, ring), ring.slots);
  imported_.emplace(id, std::move(memory));
}

void Slots::give_back_foreign() {
  for (const auto& [id, memory] : imported_) memory_[id].clear();
  imported_.clear();
  for (uint32_t id = 0; id < plan_.rings.size(); ++id)
    if (foreign_[id]) memory_[id].clear();
  foreign_pins_.clear();
}

void Slots::keep_exported() {
  for (auto& [id, memory] : exported_) static_cast<void>(memory.release());
}

}  // namespace stretto
