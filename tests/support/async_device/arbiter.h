// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Decides which lane of the test device runs next: the legal orders that hardware would take on a bad day.

#include "async_lane.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace stretto::testing {

enum class Completion {
  fifo,    ///< every lane runs as soon as it can, at the same time as the others
  random,  ///< one lane at a time, drawn by lot among those that could
  latest   ///< one lane at a time, and only if somebody waits for it or nothing else happens
};

/// The state of a timeline semaphore. Guarded by the arbiter.
struct Counter {
  uint64_t value = 0;
};

/// One entry of a lane: a wait until `ready`, or for `counter`; then `work`; then a signal of `raises`.
struct Entry {
  std::function<void()> work;
  std::function<bool()> ready;
  std::shared_ptr<Counter> awaits;
  std::shared_ptr<Counter> raises;
  uint64_t value = 0;
};

/// One lane's entries. Guarded by the arbiter.
struct Queue {
  std::string name;
  std::deque<Entry> entries;
  bool closing = false;
};

/// Any thread, unless stated otherwise.
class Arbiter final : public Bell {
 public:
  struct Settings {
    Completion completion = Completion::random;
    uint64_t seed = 0;
    std::chrono::nanoseconds quiet{0};  ///< `latest`: this long without any event lets a lane run that nobody awaits
    int64_t break_after = 0;            ///< the device dies in front of this entry, counted from 1; 0: never
  };
  explicit Arbiter(Settings settings) : settings_(settings), random_(settings.seed) {}

  std::shared_ptr<Queue> open(const std::string& name);
  /// The life of a lane's thread: runs entries until the queue is closing and empty, or the device has ended. Then what
  /// is left stays in the queue, as on hardware.
  void serve(const std::shared_ptr<Queue>& queue);
  /// No more entries will come. Never blocks.
  void close(Queue& queue);
  /// Throws Code::cancelled after `abort`, the device's error once it is dead.
  void enqueue(Queue& queue, Entry entry);

  /// A lower value than the counter's is a defect of the caller: the device dies.
  void raise(Counter& counter, uint64_t value);
  /// Blocks. Throws Code::timed_out, Code::cancelled, or the device's error.
  void await(const std::shared_ptr<Counter>& counter, uint64_t value, Deadline deadline);

  void ring() override;
  void fail(const std::string& message) override;
  void abort();
  /// Throws the error of the device's death. Never blocks.
  void status() const;

 private:
  struct Awaited {
    const Counter* counter;
    uint64_t value;
  };
  using Lock = std::unique_lock<std::mutex>;

  void event();
  bool ready(const Queue& queue) const;
  bool demanded(const Queue& queue) const;
  bool demanded(const Queue& queue, std::vector<const Queue*>& seen) const;
  bool may_run(const Queue& queue);
  const Queue* drawn();
  void run(Queue& queue, Lock& lock);
  void raise_locked(Counter& counter, uint64_t value);
  void fail_locked(const std::string& message);
  void check_alive() const;

  const Settings settings_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::mt19937_64 random_;
  std::list<std::shared_ptr<Queue>> queues_;
  std::list<Awaited> awaited_;
  const Queue* drawn_ = nullptr;
  uint32_t running_ = 0;
  int64_t ran_ = 0;
  bool aborted_ = false;
  std::string error_;
  std::chrono::steady_clock::time_point last_event_;
};

}  // namespace stretto::testing
