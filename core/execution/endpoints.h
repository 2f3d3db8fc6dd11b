// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The transports of one actor and its ends of all channels.

#include "execution/control_page.h"
#include "loader/handles.h"
#include "stretto/catalogue.h"

#include <functional>
#include <map>

namespace stretto {

/// What one actor says to, and hears from, the others while a transport connects. Owns its descriptors.
struct Envelope {
  std::vector<std::byte> bytes;
  std::vector<int> descriptors;
  bool done = false;
};

/// Made and connected by one thread; then each channel's calls come from the lanes that the plan gave them to.
/// Adds to the transports' own calls the note of each message, by the transport or over the control page.
class Endpoints {
 public:
  /// Opens every transport that this actor has a channel on. `device` is the actor's, and `opened`, which may be null
  /// for the driver, its handle; both outlive this.
  Endpoints(const Plan& plan, uint32_t actor, Catalogue& catalogue, std::shared_ptr<ControlPage> page,
            const stretto_native& device, const DeviceHandle* opened);
  Endpoints(const Endpoints&) = delete;
  Endpoints& operator=(const Endpoints&) = delete;
  /// Closes transports that copy before those that share the slots which they may copy from.
  ~Endpoints();

  /// `bind` is called with a transport's component before its first round.
  void before_connecting(std::function<void(uint32_t)> bind) { bind_ = std::move(bind); }
  /// Components of the plan that take part in connecting here, ascending.
  std::vector<uint32_t> transports() const;
  /// One round; `theirs` by actor, empty in round 0. Blocks until the deadline. See stretto_transport_api::connect.
  Envelope connect(uint32_t transport, uint32_t round, std::span<const BlobView> theirs, Deadline deadline);
  EndHandle& end(uint32_t channel) { return ends_.at(channel); }
  /// This actor's part in a collective that a transport does.
  EndHandle& collective(uint32_t number) { return collectives_.at(number); }
  /// What `end`s of its transport issue between the two is one transition. `channel` is of this actor.
  void group_begin(uint32_t channel) { transports_.at(plan_.channels[channel].transport).group_begin(); }
  void group_end(uint32_t channel) { transports_.at(plan_.channels[channel].transport).group_end(); }
  /// A transport that carries what lies in this ring and has host memory for it; null where there is none.
  TransportHandle* lender_of(uint32_t ring);

  /// Host-driven: sends `note.bytes` and the note.
  void send(uint32_t channel, const Note& note);
  /// Host-driven: blocks for the message and its note.
  Note receive(uint32_t channel, int64_t execution, Deadline deadline);
  /// Counts down the steps that read this execution's slot here; the last one gives the slot back.
  void release(uint32_t channel, int64_t execution);
  /// Gives the slot back at once: for a reader that is no step.
  void release_now(uint32_t channel, int64_t execution) { ends_.at(channel).release(execution); }
  /// Ends every wait, present and future. Any thread.
  void abort() noexcept;

 private:
  struct Countdown {
    uint32_t readers = 0;
    std::vector<std::atomic<uint32_t>> left;  ///< by slot
  };
  const Plan& plan_;
  std::shared_ptr<ControlPage> page_;
  std::function<void(uint32_t)> bind_;
  std::map<uint32_t, TransportHandle> transports_;
  std::map<uint32_t, EndHandle> ends_;
  std::map<uint32_t, EndHandle> collectives_;
  std::map<uint32_t, Countdown> countdowns_;
};

/// The components of a plan's transports in the order in which they connect: those that share their slots first, as
/// others may copy from these.
std::vector<uint32_t> order_of_connecting(const Plan& plan);

/// How many slots a channel has: those of its writer's ring.
uint32_t slots_of(const Plan& plan, const Channel& channel);

}  // namespace stretto
