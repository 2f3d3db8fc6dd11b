// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Vector clocks across processes. Behind a block of memory that one process exports lies its ledger, in the same file,
/// which goes when the last of them does: all that have the block open write there who has touched which of its bytes,
/// and with which clock a word was raised to which value.
///
/// What carries order from process to process:
///   - A word in shared memory that streams raise and await. By value: a wait for v hears what the stream knew that
///     raised the word to v, and nothing of what it did until it raised it to v + 1. So a missing wait is found however
///     the processes run. A word is told in every ledger that its process has, since which of them its waiter has, too,
///     nobody says; who shares no block with the raiser hears nothing of it.
///   - The export itself: who opens a block has its handle from the process that exported it, by whatever message, so
///     it knows what that one's host knew then.
///   - The close: a process that has closed a block touches it no more, and whoever relies on that has heard so from
///     it. Its accesses are forgotten.
/// Nothing else that one host tells the other does. The messages of a transport and the tickets of a driver are no
/// calls of CUDA, and to take each for an order, of all that their sender knows, would hide the waits that are missing:
/// a ticket follows a result, which follows what was written. Nor does the runtime mean them as an order on memory that
/// processes share: slots are handed over by words between lanes alone, from the first to the last
/// (core/execution/handover.h), and what is staged through the host is in other memory. A program that orders its
/// accesses to such memory by its own messages, as by a word that a host awaits or raises, is taken for wrong.
///
/// A wait that an abort ends hears that all order has ended; so does everybody once a process was killed while it wrote
/// here.

#include "clock.h"
#include "word_names.h"

#include <memory>

namespace stretto::fake {

/// Any thread of any process that has it; each call but the first two waits for others' calls alone.
class Ledger {
 public:
  /// Makes the file longer, whose first `bytes` bytes are the block. Throws Code::overloaded.
  static std::shared_ptr<Ledger> make(int descriptor, uint64_t bytes);
  /// Null where the file is no such block, or another one.
  static std::shared_ptr<Ledger> open(int descriptor, uint64_t bytes, uint64_t mark);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;
  ~Ledger();

  /// Names the block among all of all time.
  uint64_t mark() const;
  /// Processes that have imported the block.
  uint32_t openers() const;
  void count_opener();
  /// Forgets its accesses.
  void discount_opener(Agent host);

  /// As AccessLog has it; bytes count from the block's first one. Throws Code::internal where there is no more room.
  std::optional<std::string> add(const Touch& mine, const Clock& now, const std::string& what);
  /// An access from before the export.
  void enter(const Touch& touch, const std::string& what);
  /// Before the word is raised.
  void tell(const WordName& name, uint64_t value, const Clock& clock);
  bool knows(const WordName& name) const;
  /// Merges what was told of the value, or of the next higher one. Of a value that is long past, what is left.
  void hear(const WordName& name, uint64_t value, Clock& clock) const;
  void host_tells(const Clock& clock);
  void host_hears(Clock& clock) const;
  /// Nothing was touched or told.
  void clear();

 private:
  struct Page;
  class Turn;
  explicit Ledger(Page* page) : page_(page) {}
  static Page* map(int descriptor, uint64_t bytes);
  Page* const page_;
};

}  // namespace stretto::fake
