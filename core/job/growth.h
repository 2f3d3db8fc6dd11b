// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "job/written.h"

#include <string>

namespace stretto {

/// What families add to a job beyond what is written out: a few lines can stand for a great deal, and must not take all
/// memory. Counts up to a limit of each kind. Throws Code::invalid_argument, naming the limit, beyond it. One thread.
class Growth {
 public:
  /// Actors, nodes or outputs of one family; `title` names it: "node 'make'".
  void add_members(uint64_t count, const Place& place, const std::string& title);
  /// References that `[*]` and `[:]` stand for.
  void add_edges(uint64_t count, const Place& place, const std::string& title);
  /// A value that every one of `count` members gets: arguments, launch.
  void add_copies(uint64_t count, const Written& written, const std::string& title);

 private:
  uint64_t members_ = 0;
  uint64_t edges_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace stretto
