// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Does, for one lane of an asynchronous device, what needs the host: waits of host-driven transports, and the status
/// of what has completed.

#include "loader/handles.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace stretto {

/// A queue of host actions in lane order, run by one thread. Since it keeps the lane's order and the lane waits where
/// it must, a courier that blocks adds no constraint that the lane's own order does not have: no new circuit.
///
/// The issuing thread alone calls `at_lane` and `block_lane`; any thread aborts.
class Courier {
 public:
  Courier(DeviceHandle& device, LaneHandle& lane);
  /// Runs `action` once the lane has reached this point.
  void at_lane(std::function<void()> action);
  /// The same for an action that need not wait for the lane. Keeps the order of actions.
  void in_order(std::function<void()> action);
  /// Later work of the lane waits until all actions so far have run.
  void block_lane();
  /// No action follows.
  void finish();
  void abort();
  /// The thread: returns after finish, once all actions have run, or after abort. Throws what an action throws.
  void run();

 private:
  struct Item {
    uint64_t lane_value;  ///< to wait for; 0: none
    uint64_t host_value;  ///< to signal afterwards; 0: none
    std::function<void()> action;
  };
  void push(Item item);
  LaneHandle& lane_;
  SemaphoreHandle reached_;  ///< the lane tells the courier
  SemaphoreHandle acted_;    ///< the courier tells the lane
  uint64_t lane_value_ = 0;
  uint64_t host_value_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  bool finished_ = false;
  bool aborted_ = false;
};

}  // namespace stretto
