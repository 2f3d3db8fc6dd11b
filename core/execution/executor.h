// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs one actor's part of a plan.

#include "execution/handover.h"
#include "execution/node_kernel.h"
#include "stretto/runtime.h"
#include "trace/recording.h"

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace stretto {

class Courier;

/// Made, connected, started and ended by the actor's main thread; the threads that it starts run the lanes.
///
/// On a blocking device every lane is a thread (lane_thread.cc). On an asynchronous device one thread issues all lanes'
/// steps in the plan's issue order, and a courier per lane does what needs the host (issuer.cc, courier.h).
class Executor {
 public:
  /// Opens the device and its lanes; reserves memory to trace so many executions. Throws Code::unavailable,
  /// overloaded, ….
  Executor(const Plan& plan, uint32_t actor, Catalogue& catalogue, std::shared_ptr<ControlPage> page,
           uint64_t trace_executions);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;
  ~Executor();  ///< aborts what still runs, and waits for it

  /// Opens the transports and makes the rings. Once; the calls below come after it, but for `abort`. Throws as above.
  void open_transports();
  Endpoints& endpoints() { return *endpoints_; }
  /// Once all transports are connected: prepares the nodes and starts the threads. `ended` is called once, by a thread
  /// of this object, when all lanes have ended: after the last round, after abort, or after a failure.
  void start(std::function<void()> ended);
  /// Ends everything. Any thread; never blocks.
  void abort() noexcept;
  /// Waits for the threads.
  void join();
  /// Why a lane failed; empty if none did. After `ended`.
  std::optional<Error> failure() const;
  /// By step of the plan; zero for other actors'. After join.
  const std::vector<StepTimes>& step_times() const { return times_; }
  /// What the lanes recorded, packed (trace/recording.h). After join.
  std::vector<std::byte> packed_traces() const;

 private:
  struct LaneState {
    LaneHandle lane;
    SemaphoreHandle done;  ///< round * steps + position + 1
    uint64_t steps = 0;
    LaneRecording recording;
    StepTrace current;  ///< asynchronous device: what the courier has seen of the step that the lane is at
  };
  /// A capture of this actor: all that its launch needs, which allocates nothing.
  struct Run {
    struct Lane {
      LaneState& state;
      Courier& courier;
      std::vector<uint32_t> steps{};
    };
    const Captured& plan;
    bool alone = true;                    ///< meets no other actor's
    std::vector<Lane> lanes{};            ///< the one that launches it first
    std::vector<CaptureHandle> phases{};  ///< by execution of the least offset
    SemaphoreHandle begun{};              ///< how often it has begun, of so many launches
    uint64_t launches = 0;
  };
  void open_lanes(uint64_t trace_executions);
  void prepare();
  void leave_shared_memory();
  void guard(const std::function<void()>& body);
  void lane_thread(uint32_t lane);
  void issue_thread();

  // What both kinds of lanes share.
  void wait_for_lanes(const Step& step, LaneHandle& lane, uint64_t round, int32_t run = -1);
  uint64_t bytes_of(uint32_t ring, int64_t execution) const;
  void collect(const Step& step, LaneState& state, int64_t execution);
  uint32_t board_of(const PlanNode& member) const;
  void settle_collective(const Step& step, int64_t execution);
  void record(LaneState& state, const StepTrace& run);
  void transfer(const Step& step, LaneState& state, int64_t execution);

  // Blocking device.
  void run_step(uint32_t id, LaneState& state, int64_t execution, uint64_t round);
  void run_group(std::span<const uint32_t> members, LaneState& state, int64_t execution, uint64_t round);
  void run_receive(const Step& step, LaneState& state, int64_t execution);
  void run_send(const Step& step, LaneState& state, int64_t execution);
  void post(const Step& step, int64_t execution);
  void await_size(const Step& step, int64_t execution);
  void run_collective(const Step& step, LaneState& state, int64_t execution);

  // Asynchronous device.
  void tell_completed(std::span<const uint32_t> members, uint64_t round, bool signals = false);
  void issue_step(uint32_t id, std::span<const uint32_t> members, int64_t execution, uint64_t round);
  void make_captures();
  void record_run(const Captured& run, int64_t phase);
  void record_step(uint32_t id, int64_t execution);
  bool goes_as_one(const Run& run, uint64_t round);
  bool pass(uint32_t id, int64_t execution);
  void launch_run(Run& run, uint64_t round);
  LaneState& lane_of(uint32_t id) { return lanes_.at(static_cast<uint32_t>(plan_.steps[id].lane)); }
  void announce(const Step& step, int64_t execution);
  void enqueue(uint32_t id, LaneState& state, Courier& courier, int64_t execution);
  void post_status(uint32_t id, Courier& courier, int64_t execution);
  void finish(std::span<const uint32_t> members, LaneState& state, Courier& courier, int64_t execution);
  void mark(LaneState& state, Courier& courier, int64_t StepTrace::*time);
  void acquire(const Step& step, LaneState& state, Courier& courier, int64_t execution);
  void release(uint32_t id, LaneState& state, Courier& courier, int64_t execution);
  void issue_receive(const Step& step, LaneState& state, Courier& courier, int64_t execution);
  void issue_send(const Step& step, LaneState& state, Courier& courier, int64_t execution);
  void await_headers(const Step& step, int64_t execution);
  Note settle(uint32_t ring, int64_t execution);

  const Plan& plan_;
  uint32_t actor_;
  Catalogue& catalogue_;
  std::shared_ptr<ControlPage> page_;
  DeviceHandle device_;
  stretto_native native_{};
  std::map<uint32_t, LaneState> lanes_;
  std::unique_ptr<Endpoints> endpoints_;
  std::unique_ptr<Slots> slots_;
  std::unique_ptr<Handovers> handovers_;
  Notes notes_;
  const std::vector<uint32_t> boards_;                       ///< boards_of_collectives
  std::map<uint32_t, std::unique_ptr<NodeKernel>> kernels_;  ///< by step
  std::vector<int32_t> makers_;                              ///< by ring: the step that writes it here, or -1
  std::map<uint32_t, std::unique_ptr<Courier>> couriers_;    ///< by lane
  std::map<int32_t, Run> runs_;                              ///< by capture
  std::vector<int32_t> captured_;                            ///< by step: the capture that it is in, or -1
  std::vector<std::thread> threads_;
  std::atomic<uint32_t> running_{0};
  std::function<void()> ended_;
  std::atomic<bool> aborted_{false};
  mutable std::mutex failing_;
  std::optional<Error> failure_;
  std::vector<StepTimes> times_;
};

}  // namespace stretto
