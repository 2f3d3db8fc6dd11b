// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The actors of a run as the driver sees them: starts them, connects them, watches over them, ends them.

#include "execution/endpoints.h"
#include "launch/link.h"
#include "stretto/runtime.h"

#include <condition_variable>
#include <functional>
#include <future>
#include <thread>

namespace stretto {

/// Made and ended by one thread; `abort` from any. A thread of its own watches: it starts the processes too, so that
/// their parent-death signal follows the run and not the caller's thread.
class Crew {
 public:
  /// Starts the actors and waits until each has opened its device and transports, in the order that abi.h promises.
  /// Throws the first actor's error, with its name, or Code::timed_out; nothing is left behind then but a thread that a
  /// plugin's call keeps.
  Crew(std::shared_ptr<const Plan> plan, Catalogue& catalogue, std::shared_ptr<ControlPage> page,
       const RunOptions& options);
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;
  ~Crew();  ///< aborts what nobody has joined

  /// Connects all transports with the driver's `endpoints`, then lets the lanes start.
  /// From then on `died` is called once, by the watching thread, when the plan cannot go on.
  void run(Endpoints& endpoints, std::function<void(const Error&)> died);
  /// Tells every actor to stop at once. Any thread; never blocks for long.
  void abort() noexcept;
  /// Waits for every actor to end; what has not by the deadline is killed (processes) or left behind (threads).
  /// Idempotent.
  void join(std::chrono::duration<double> patience);
  /// By step; complete after join.
  const std::vector<StepTimes>& step_times() const { return times_; }
  /// What the lanes recorded; complete after join.
  const std::vector<LaneTrace>& traces() const { return traces_; }

 private:
  enum class Phase { starting, running, ended, dead };
  struct Member {
    std::string name;
    std::unique_ptr<Link> link;
    Descriptor pidfd;
    int pid = -1;
    bool reaped = false;
    std::thread thread;
    std::shared_ptr<std::atomic<bool>> thread_ended;
    Phase phase = Phase::starting;
  };
  void open(Catalogue& catalogue);
  void start_thread(Catalogue& catalogue, uint32_t actor);
  void start_processes(Catalogue& catalogue, std::promise<void>& started);
  void check_versions(Catalogue& catalogue);
  Message await(Member& member, const std::string& type, Deadline deadline);
  void connect(uint32_t transport, Endpoints& endpoints, const std::vector<std::vector<uint32_t>>& members_of,
               Deadline deadline);
  void watch();
  void hear(Member& member);
  void check_progress();
  void die(const Error& error);
  std::string end_of(Member& member, std::chrono::milliseconds patience);
  Member* anybody_dead();
  bool all_over();

  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<ControlPage> page_;
  RunOptions options_;
  std::string token_;
  std::vector<Member> members_;
  std::vector<std::vector<uint32_t>> transports_of_;  ///< by actor
  std::vector<StepTimes> times_;
  std::vector<LaneTrace> traces_;
  std::function<void(const Error&)> died_;
  std::mutex mutex_;  ///< guards phases
  std::condition_variable changed_;
  Descriptor wake_;
  std::atomic<bool> stop_{false};
  bool joined_ = false;
  std::thread watcher_;
  std::promise<void> watch_from_;
  uint64_t seen_progress_ = 0;
  std::chrono::steady_clock::time_point progress_since_;
};

}  // namespace stretto
