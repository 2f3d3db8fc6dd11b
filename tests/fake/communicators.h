// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The communicators whose ids were made in this process. Ranks of other processes take part through nccl_home.h.

#include "clock.h"
#include "rendezvous/communicator.h"

#include <memory>
#include <set>

namespace stretto::fake {

/// A send and its receive, or a collective: what the lanes that take part knew when they came to it. Guarded by the
/// machine.
struct Meeting {
  Clock known;
  int missing;  ///< parts that nobody has issued yet
};

/// The meetings of one communicator. Per pair of ranks the n-th send meets the n-th receive; the n-th collectives of
/// all ranks are one. So who hears of whom does not depend on which is first.
class Meetings {
 public:
  /// Of the part that a rank issues next: a send to `to`, or a receive from `from`; the other one's part has to ask
  /// too.
  std::shared_ptr<Meeting> between(int from, int to, bool sends) { return part({from, to}, sends ? 0 : 1, 2); }
  std::shared_ptr<Meeting> of_all(int rank, int ranks) { return part({kAll, kAll}, rank, ranks); }

 private:
  static constexpr int kAll = -1;
  struct Row {
    std::map<int, uint64_t> issued;  ///< by side: how many
    std::map<uint64_t, std::shared_ptr<Meeting>> open;
  };
  std::shared_ptr<Meeting> part(std::pair<int, int> between, int side, int sides) {
    auto& row = rows_[between];
    const uint64_t number = row.issued[side]++;
    auto& open = row.open[number];
    if (open == nullptr) open = std::make_shared<Meeting>(Meeting{{}, sides});
    auto found = open;
    if (--found->missing == 0) row.open.erase(number);
    return found;
  }
  std::map<std::pair<int, int>, Row> rows_;
};

/// Guarded by communicators().mutex, but for `meeting`, which any thread may use.
struct SharedCommunicator {
  int awaited = 0;                       ///< calls that make it; in a split, of every rank of the parent
  std::set<std::pair<int, int>> joined;  ///< key, and rank in the parent; ranks count them in ascending order
  testing::Communicator meeting;
  Meetings meetings;
  int ranks() const { return static_cast<int>(joined.size()); }
  /// Once all have joined.
  int rank_of(std::pair<int, int> key) const {
    return static_cast<int>(std::distance(joined.begin(), joined.find(key)));
  }
};
/// Of what a rank issues next. Any thread.
std::vector<std::shared_ptr<Meeting>> meetings_of(SharedCommunicator& communicator, int rank,
                                                  const std::vector<testing::Operation>& operations);

struct Communicators {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::shared_ptr<SharedCommunicator>> by_id;
};
Communicators& communicators();

/// What a rank says to become part of one. Plain bytes: crosses processes.
struct Entry {
  char id[160];    ///< a part's: the parent's, a slash, and the number of the split
  int32_t calls;   ///< that make it: the ranks, of a part those of the parent
  int32_t key;     ///< the rank; of a part, what orders its ranks
  int32_t rank;    ///< in the parent; else the key
  int32_t member;  ///< 0: a call of split without a color
};
/// Null where the communicator has no such place. Never blocks.
std::shared_ptr<SharedCommunicator> enter(const Entry& entry);

}  // namespace stretto::fake
