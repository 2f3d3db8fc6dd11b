// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Where the slots of one actor's rings lie.

#include "execution/endpoints.h"
#include "execution/host_memory.h"

namespace stretto {

/// Allocated when a plan opens, given back when it closes; an execution allocates nothing. Reading is thread-safe.
class Slots {
 public:
  /// Allocates the rings in device and host memory, the latter from a transport that has some. Before a copying
  /// transport connects, binds what it carries, which may be slots of a transport that shares its own and has connected
  /// by then. `device` may be null for the driver; it and `endpoints` outlive this as far as that is called.
  Slots(const Plan& plan, uint32_t actor, DeviceHandle* device, Endpoints& endpoints);
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  /// After the transports closed: they may write into bound slots until then.
  ~Slots() = default;
  /// Unpins the slots that transports own, and gives back other actors' that lie in the device's memory. Before those
  /// close.
  void give_back_foreign();
  /// Others may still read what this actor exported: keeps it until the process ends.
  void keep_exported();
  /// Looks up the slots that transports own. Once all are connected.
  void resolve();
  void* at(uint32_t ring, int64_t execution) const {
    const auto& slots = memory_[ring];
    return slots[static_cast<uint64_t>(execution) % slots.size()];
  }

 private:
  TransportHandle* lender_of(uint32_t id);  ///< a ring
  void bind_all(uint32_t transport);
  void bind(uint32_t channel, uint32_t ring);
  void look_up(uint32_t id);  ///< a ring
  void allocate(uint32_t id, TransportHandle* lender);
  void allocate_exported(uint32_t id);
  void import(uint32_t id);
  /// Memory that the device is told to free, to unpin or to release.
  struct GiveBack {
    DeviceHandle* device;
    void (DeviceHandle::*how)(void*) noexcept;
    void operator()(void* memory) const noexcept { (device->*how)(memory); }
  };
  using Held = std::unique_ptr<void, GiveBack>;
  Held pin(void* memory, uint64_t bytes);
  const Plan& plan_;
  uint32_t actor_;
  DeviceHandle* device_;
  Endpoints& endpoints_;
  std::vector<std::vector<void*>> memory_;  ///< by ring; empty for other actors'
  std::vector<bool> foreign_;               ///< by ring: a transport's memory
  // Given back from the last member to the first: a pin before the memory that it pins.
  std::vector<HostMemory> host_;
  std::vector<Held> on_device_;
  std::map<uint32_t, Exported> told_;  ///< by ring: all its slots are one piece of the device's memory
  std::map<uint32_t, Held> exported_;  ///< by ring: the same
  std::vector<Held> pins_;
  std::map<uint32_t, Held> imported_;  ///< by ring: one piece of another actor's
  std::vector<Held> foreign_pins_;     ///< of what transports own
};

}  // namespace stretto
