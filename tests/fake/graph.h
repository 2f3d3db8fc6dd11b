// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// CUDA graphs as the fake has them: what streams record instead of doing it. Several take part in one recording, each
/// a branch; one that waits for an event of the recording joins it, and in the end the first one must have waited for
/// all, as CUDA demands.

#include "operation.h"

namespace stretto::fake {

/// In the order in which it was recorded.
struct Graph {
  struct Item {
    uint32_t branch = 0;
    Operation operation{};
    std::function<void(Stream*)> call{};  ///< in place of the operation: enqueues anew in every launch
    int32_t record = -1;                  ///< in place of both: an event, by number
    int32_t wait = -1;                    ///< … or the wait for one
  };
  std::vector<Item> items;
  uint32_t branches = 1;
  uint32_t events = 0;
};

/// The machine's lock guards it.
class Recorder {
 public:
  explicit Recorder(Stream* first) : streams_{first} {}
  /// Throw Code::internal where CUDA would refuse.
  void add(Stream* stream, Operation operation);
  void add(Stream* stream, std::function<void(Stream*)> call);
  /// The number of the event.
  int32_t record(Stream* stream);
  /// Takes the stream in where it does not record yet.
  void wait(Stream* stream, int32_t event);
  /// Whether another stream may not go on without it: the recording is over.
  bool over() const { return over_; }
  const std::vector<Stream*>& streams() const { return streams_; }
  /// Ends it, in any case; and throws where the first stream has not waited for all of another one.
  Graph end();

 private:
  uint32_t branch_of(const Stream* stream) const;
  Graph::Item& add(Stream* stream);
  Graph graph_;
  bool over_ = false;
  std::vector<Stream*> streams_;              // by branch
  std::vector<std::vector<uint64_t>> known_;  // by branch: how much of each it comes behind
  std::vector<std::vector<uint64_t>> event_;  // by event: the same, where it was recorded
};

}  // namespace stretto::fake
