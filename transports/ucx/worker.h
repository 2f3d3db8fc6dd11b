// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Who gets the engine on: one thread of its own, and the lanes that lend theirs.
///
/// The engine belongs to whoever holds the *baton*, a flag. Lanes post commands; a command runs at once where the baton
/// is free, and else by its holder, who looks at the queues again after giving the baton back: so none is left lying.
/// A waiting lane lends its thread for a while: it takes the baton where that is free, and progresses until it has what
/// it waits for, or until nothing comes of it for so long that it parks.
///
/// The thread sleeps in epoll on the engine's descriptor and an eventfd. UCX's protocol: progress until there is
/// nothing to do, arm, and sleep only if arming said that nothing came in between. Whatever a lane does to the engine
/// before that, the thread's own progress covers; a lane that leaves work behind later finds `sleep_` set, which was
/// done under the baton, and rings.
///
/// While lanes lend in quick succession (messages every few microseconds) the thread naps instead of arming: an armed
/// engine costs the sender of each message a system call, and its receiver a change of threads. Then a command that
/// nobody waits for may be left to whoever has the baton next, the thread after its nap if no lane: `post_soon`. None
/// is left lying there either: the poster pushes it, then finds `sleep_` napping; the thread ends its nap by changing
/// `sleep_`, then looks at the queue. In the single order of these accesses the push comes before that look.

#include "engine.h"
#include "stretto/parking.h"

#include <functional>
#include <thread>

namespace stretto::ucx {

/// A thread that no signal is delivered to: those are for the host's.
std::thread without_signals(std::function<void()> body);

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
  /// `spin`: how long a waiting lane, or the thread, gets the engine on in vain before it parks.
  Worker(Engine& engine, std::chrono::nanoseconds spin);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();  ///< stops

  /// Starts the thread, which first calls `prepare`. Before, the one thread that opens and connects has the engine.
  void start(std::function<void()> prepare);
  /// Ends the thread; afterwards the caller has the engine. No other call is under way or follows. Once or more.
  void stop();
  /// Runs `command` now, or soon where the baton is held; in the order of posting. Never blocks.
  void post(Command& command);
  /// Runs `command` after what was posted otherwise: at once, or while lanes lend in quick succession when the next of
  /// them does, in any case after the thread's nap (0.05 to 1.6 ms). Never blocks.
  void post_soon(Command& command);
  /// Blocks until `ready()`, lending the thread; false at the deadline. Whoever makes it true wakes `spot`.
  template <class Ready>
  bool wait(ParkingSpot& spot, Ready&& ready, Deadline deadline) {
    if (ready()) return true;
    if (lend(ready, deadline)) return true;
    return spot.wait(ready, deadline, std::chrono::nanoseconds(0));
  }

 private:
  enum class Sleep : uint32_t { awake, armed, napping };

  template <class Ready>
  bool lend(Ready&& ready, Deadline deadline) {
    bool holding = take();
    if (!holding) lenders_.fetch_add(1, std::memory_order_seq_cst);
    bool done = false;
    Spin spin(spin_, deadline);
    while (!done && spin.again()) {
      if (!holding && take()) {
        holding = true;
        lenders_.fetch_sub(1, std::memory_order_seq_cst);
      }
      if (!holding)
        __builtin_ia32_pause();
      else if (turn())
        spin.restart();
      done = ready();
    }
    if (holding)
      give();
    else
      lenders_.fetch_sub(1, std::memory_order_seq_cst);
    // A count that two lanes raise at once may rise by one.
    if (done) lent_.store(lent_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    leave(done);
    return done;
  }
  /// Runs what is posted and gets the engine on. Whether that did something. The baton's holder.
  bool turn();
  /// Wakes the thread where the lender leaves it something to do.
  void leave(bool done);
  bool take() { return !held_.exchange(true, std::memory_order_seq_cst); }
  void give();
  static void push(std::atomic<Command*>& queue, Command& command);
  void run_or_leave();
  bool posted() const;
  bool run_commands();
  static bool run_all(std::atomic<Command*>& queue);
  void ring() noexcept;
  void work();
  bool spin_until_idle();
  /// Until it is rung; napping, at most so long; armed, until an event.
  void doze(Sleep how, std::chrono::microseconds longest);

  Engine& engine_;
  const std::chrono::nanoseconds spin_;
  const int bell_;
  std::atomic<bool> held_{false};
  std::atomic<Command*> queue_{nullptr};
  std::atomic<Command*> soon_{nullptr};
  std::atomic<Sleep> sleep_{Sleep::awake};
  // Written under the baton, by whoever had it last: what its last progress leaves to be done.
  std::atomic<bool> moved_{false};    // it did something, so there may be more
  std::atomic<bool> running_{false};  // posted operations have not ended
  std::atomic<uint32_t> lenders_{0};  // lanes that would lend, had they the baton
  std::atomic<uint64_t> lent_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace stretto::ucx
