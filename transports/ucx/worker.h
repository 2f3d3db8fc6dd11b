// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Who gets the engine on: one thread of its own, and the lanes that lend theirs.
///
/// The engine belongs to whoever holds the *baton*, a flag. Lanes post commands; a command runs at once where the baton
/// is free, and else by its holder, who looks at the queue again after giving the baton back: so none is left lying.
/// A waiting lane lends its thread for a while: it takes the baton where that is free, progresses, and looks whether it
/// has what it waits for. Then it parks.
///
/// The thread sleeps in epoll on the engine's descriptor and an eventfd. UCX's protocol: progress until there is
/// nothing to do, arm, and sleep only if arming said that nothing came in between. Whatever a lane does to the engine
/// before that, the thread's own progress covers; a lane that leaves work behind later finds `sleep_` set, which was
/// done under the baton, and rings.
///
/// While lanes lend in quick succession (messages every few microseconds) the thread naps instead of arming: an armed
/// engine costs the sender of each message a system call, and its receiver a change of threads.

#include "engine.h"
#include "stretto/parking.h"

#include <thread>

namespace stretto::ucx {

/// Something to be done with the engine. Posted again only after it has run.
class Command {
 public:
  using Run = void (*)(void* owner);
  Command(Run run, void* owner) : run_(run), owner_(owner) {}
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

 private:
  friend class Worker;
  Run run_;
  void* owner_;
  Command* next_ = nullptr;
};

/// Any thread, except where said.
class Worker {
 public:
  /// `spin`: progress calls that a waiting lane makes, or that the thread makes in vain, before it parks.
  Worker(Engine& engine, int spin);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();  ///< stops

  /// Starts the thread. Before, the one thread that opens and connects has the engine.
  void start();
  /// Ends the thread; afterwards the caller has the engine. No other call is under way or follows. Once or more.
  void stop();
  /// Runs `command` now or soon, in the order of posting. Never blocks.
  void post(Command& command);
  /// Blocks until `ready()`, lending the thread; false at the deadline. Whoever makes it true wakes `spot`.
  template <class Ready>
  bool wait(ParkingSpot& spot, Ready&& ready, Deadline deadline) {
    if (ready()) return true;
    if (lend(ready, deadline)) return true;
    return spot.wait(ready, deadline, 0);
  }

 private:
  enum class Sleep : uint32_t { awake, armed, napping };
  static constexpr int kClockEvery = 256;

  template <class Ready>
  bool lend(Ready&& ready, Deadline deadline) {
    lenders_.fetch_add(1, std::memory_order_seq_cst);
    bool done = false;
    for (int i = 0; i < spin_ && !done; ++i) {
      if (!progress_once()) __builtin_ia32_pause();
      done = ready();
      if (!done && i % kClockEvery == kClockEvery - 1 && std::chrono::steady_clock::now() >= deadline) break;
    }
    lenders_.fetch_sub(1, std::memory_order_seq_cst);
    if (done) lent_.fetch_add(1, std::memory_order_relaxed);
    leave(done);
    return done;
  }
  /// Whether this thread had the baton and did something.
  bool progress_once();
  /// Wakes the thread where the lender leaves it something to do.
  void leave(bool done);
  bool take() { return !held_.exchange(true, std::memory_order_seq_cst); }
  void give();
  bool run_commands();
  void ring() noexcept;
  void work();
  bool spin_until_idle();
  void doze(Sleep how);

  Engine& engine_;
  const int spin_;
  const int bell_;
  std::atomic<bool> held_{false};
  std::atomic<Command*> queue_{nullptr};
  std::atomic<Sleep> sleep_{Sleep::awake};
  // Written under the baton, by whoever had it last: what its last progress leaves to be done.
  std::atomic<bool> moved_{false};    // it did something, so there may be more
  std::atomic<bool> running_{false};  // posted operations have not ended
  std::atomic<uint32_t> lenders_{0};
  std::atomic<uint64_t> lent_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace stretto::ucx
