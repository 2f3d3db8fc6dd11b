// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Families: how many members each name has, and which members a reference picks. Pure.

#include "job/reference.h"

#include <optional>
#include <span>
#include <unordered_map>

namespace stretto {

/// What a name stands for. Its members are numbered from `first` in the graph.
struct Named {
  const char* kind;               ///< "actor", "input", "node"
  std::optional<uint32_t> count;  ///< of a family; nothing for a single one
  Place place;
  bool counted = true;  ///< `count` is settled
  uint32_t first = 0;
  uint32_t members() const { return count.value_or(1); }
};

/// Names of one scope: actors, or inputs and nodes together. References to what it holds stay valid.
class Names {
 public:
  /// `what` is said in messages: "actor", "input or node".
  explicit Names(const char* what) : what_(what) {}
  /// Throws Code::invalid_argument where it is no name, or is taken: with both positions.
  Named& add(const std::string& name, Named named);
  /// Throws Code::invalid_argument with the nearest right name where there is none.
  Named& find(const Reference& reference);

 private:
  const char* what_;
  std::unordered_map<std::string, Named> names_;
};

/// A reference and what it refers to.
struct Resolved {
  Reference reference;
  Named* named;
};

/// A node or an output while references are resolved.
struct Referrer {
  std::string title;  ///< for messages: "node 'make'"
  Named* named;       ///< null for an output
  std::vector<const Resolved*> references;
  bool set = false;  ///< a node on a set of actors: a collective
};

/// The reference as it is written, without its result: "make[*]".
std::string to_text(const Reference& reference);

/// Settles the count of every node: that of its starred names, whichever is known first.
/// Throws Code::invalid_argument where nodes take their counts from each other alone.
void settle_counts(std::span<const Referrer> nodes);

/// Checks all references of a node or an output, whose counts are settled: a bare name of a family (the message lists
/// the forms that fit), an index of a single thing or out of range, starred names of differing counts (names both with
/// their counts). Throws Code::invalid_argument. Returns the count that its starred names share, if it has any.
std::optional<uint32_t> check_references(const Referrer& referrer);

}  // namespace stretto
