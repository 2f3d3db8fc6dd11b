// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Pass `cut`: values become rings of slots, and channels where they leave their actor.

#include "compile/check.h"

namespace stretto::compiling {

/// A COPY that the memory of an actor or a second slot-sharing transport makes necessary.
struct StagedCopy {
  uint32_t value;
  uint32_t from;  ///< ring
  uint32_t to;    ///< ring, on the same actor
  bool incoming;  ///< behind a RECEIVE; else in front of a SEND
};

struct Cut {
  struct Place {
    uint32_t actor;
    uint32_t ring;
  };
  std::vector<Ring> rings;
  std::vector<Channel> channels;  ///< steps unset
  std::vector<StagedCopy> copies;
  /// By value: the ring that its COMPUTE writes; unused for inputs.
  std::vector<uint32_t> home;
  /// By value: where consumers on an actor find it. The writer's own actor comes first.
  std::vector<ShortList<Place, 2>> places;

  uint32_t ring_of(uint32_t value, uint32_t actor) const;
};

/// Decides what carries each collective: a transport that can do it as one joint transition, or channels.
/// Throws Code::unavailable where the transport that it names is missing.
void carry_collectives(const CompileOptions& options, const std::vector<PlanActor>& actors, Components& components,
                       Checked& checked);

/// Throws Code::invalid_argument naming node, edge, plugin and missing capability.
Cut cut(const CompileOptions& options, const std::vector<PlanActor>& actors, const Checked& checked,
        Components& components);

}  // namespace stretto::compiling
