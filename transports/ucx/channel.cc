// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "channel.h"

namespace stretto::ucx {

void End::bind(uint32_t slot, void* memory, uint64_t bytes) {
  if (bytes < channel_.slot_bytes)
    throw error(Code::invalid_argument, "slot " + std::to_string(slot) + " was bound to " + std::to_string(bytes) +
                                            " bytes, its messages have up to " + std::to_string(channel_.slot_bytes));
  if (slot >= slots_.size()) slots_.resize(slot + 1);
  slots_[slot].memory = static_cast<std::byte*>(memory);
  if (wiring_.reach != Reach::staged && wiring_.context.allocated(memory) == nullptr)
    slots_[slot].registration =
        Registration(wiring_.context.raw(), memory, channel_.slot_bytes, wiring_.reach == Reach::device);
}

AnnouncedEnd End::announced() const {
  AnnouncedEnd end{channel_.slots,      channel_.note_bytes,
                   channel_.slot_bytes, static_cast<uint32_t>(channel_.readers.size()),
                   wiring_.reach,       {}};
  for (const auto& slot : slots_) {
    if (slot.memory == nullptr) throw error(Code::invalid_argument, "not all of its slots were bound to memory");
    const auto* allocated = wiring_.context.allocated(slot.memory);
    const Registration& registration = allocated != nullptr ? *allocated : slot.registration;
    // Nobody reaches a device's slots by address, and the key of some takes what not every GPU has.
    end.memory.push_back({reinterpret_cast<uint64_t>(slot.memory),
                          wiring_.reach == Reach::device ? std::vector<std::byte>() : registration.key()});
  }
  if (end.memory.empty()) throw error(Code::invalid_argument, "its slots were not bound to memory");
  return end;
}

std::string End::named(uint64_t mark) { return mark == 0 ? "no execution" : "execution " + std::to_string(mark - 1); }

uint64_t End::place_of(int64_t execution, bool connected) const {
  if (!connected) throw error(Code::invalid_argument, "it was used before it is connected");
  if (execution < 0) throw error(Code::invalid_argument, "there is no execution " + std::to_string(execution));
  return static_cast<uint64_t>(execution) % channel_.slots;
}

Error End::gone(const Peer& peer) const {
  return error(Code::disconnected, "actor " + std::to_string(peer.actor()) + " is gone: " + peer.why());
}

RemoteRing::RemoteRing(const Endpoint& endpoint, const AnnouncedEnd& end) {
  for (const auto& slot : end.memory) {
    auto key = slot.key.empty() ? RemoteKey() : endpoint.unpack(slot.key);
    const std::byte* here = key.mapped_at(slot.address);
    // Its pages are mapped now and not in the first execution.
    for (uint64_t at = 0; here != nullptr && at < end.slot_bytes; at += kPage)
      static_cast<void>(*static_cast<const volatile std::byte*>(here + at));
    slots_.push_back({slot.address, std::move(key), here});
  }
}

}  // namespace stretto::ucx
