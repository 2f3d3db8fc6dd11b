// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What an edge needs of a transport, and which transport gives it.

#include "compile/components.h"

#include <span>

namespace stretto::compiling {

/// The capabilities of one transport, as compilation asks for them.
class Traits {
 public:
  explicit Traits(const LoadedComponent& component);
  const std::string& name() const { return name_; }
  const std::string& plugin() const { return plugin_; }
  bool has(uint32_t flag) const { return (api_->flags & flag) != 0; }
  bool accepts(const std::string& memory_kind) const;
  /// Accepts it, and does not bring it through the host's memory.
  bool direct(const std::string& memory_kind) const {
    return accepts(memory_kind) && (memory_kind == "host" || !has(STRETTO_TRANSPORT_STAGES));
  }
  bool shares_slots() const { return has(STRETTO_TRANSPORT_SHARES_SLOTS); }
  bool stream_ordered() const { return has(STRETTO_TRANSPORT_STREAM_ORDERED); }
  /// A SEND and its RECEIVE end together: because the transport says so, or because a SEND completes on match.
  bool joint() const {
    return has(STRETTO_TRANSPORT_RENDEZVOUS) || api_->send_completion == STRETTO_COMPLETES_ON_MATCH;
  }
  bool collectives() const { return stream_ordered() && has(STRETTO_TRANSPORT_COLLECTIVES); }
  bool device_slots() const { return has(STRETTO_TRANSPORT_DEVICE_SLOTS); }
  bool groups() const { return stream_ordered() && has(STRETTO_TRANSPORT_GROUPS); }
  /// `settings`: the component's, complete.
  bool captures(const Arguments& settings) const;

 private:
  std::string name_;
  std::string plugin_;
  const stretto_transport_api* api_;
};

/// Whether two actors are on one device, which lets them use its memory in place.
bool share_device(const Components& components, const PlanActor& a, const PlanActor& b);

/// What the channels of one value need.
struct Need {
  const PlanActor* writer;
  std::vector<const PlanActor*> readers;
  bool dynamic = false;
  bool driver = false;  ///< the driver writes or reads it
  bool processes = false;
};

/// The capability that `transport` lacks, in words with its flag or memory kind; empty: it can carry the value.
std::string lacks(const Traits& transport, const Need& need);

/// The first by merit, then by name, of the transports that lack nothing; and why. Index of the component in the plan.
/// Throws Code::invalid_argument, listing what each transport lacks.
struct Choice {
  uint32_t component;
  std::string reason;
};
Choice choose_transport(Components& components, const Need& need);

}  // namespace stretto::compiling
