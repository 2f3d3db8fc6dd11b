// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Communicators across processes: the process in which an id was made is their home, where all parts meet. A rank of
/// another process brings over a socket what it sends and what it knows, when its lane comes to it, and gets back what
/// it receives and what those knew whom it met.

#include "communicators.h"

namespace stretto::fake {

/// The process's number, as an id says it.
int home_of(const std::string& id);
/// From now on ranks of other processes find this one. Once; it ends with the process, and leaves no file.
void keep_house();

/// A rank in a communicator whose home is another process. Any thread.
class Away : public std::enable_shared_from_this<Away> {
 public:
  /// Never blocks for long. Throws Code::disconnected where the home is gone.
  static std::shared_ptr<Away> enter(const Entry& entry);
  Away(const Away&) = delete;
  Away& operator=(const Away&) = delete;
  ~Away();
  /// All have joined.
  bool ready() const { return ranks_ != 0; }
  int rank() const { return rank_; }
  int ranks() const { return ranks_; }
  /// The lane has come to this transition, with what the meeting knows: `complete` is set when what it receives is
  /// there, and the meeting knows what the others knew.
  void reach(const std::shared_ptr<testing::Transition>& transition, const std::shared_ptr<Meeting>& meeting);
  /// No memory is written any more.
  void leave();

 private:
  explicit Away(int socket) : socket_(socket) {}
  void listen();
  struct Open {
    std::shared_ptr<testing::Transition> transition;
    std::shared_ptr<Meeting> meeting;
  };
  static bool take(testing::Transition& transition, const std::vector<std::byte>& results);

  const int socket_;
  std::atomic<int> rank_{0};
  std::atomic<int> ranks_{0};
  std::mutex mutex_;
  bool left_ = false;
  std::deque<Open> open_;  ///< in the order in which their lane came to them
};

}  // namespace stretto::fake
