// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Runs plans: `Runtime::open`, `execute`, `Future::get`, `close`, `join`.

#include "stretto/device.h"
#include "stretto/plan.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace stretto {

/// A tensor in host memory that owns its bytes; dense, row-major.
struct Tensor {
  DType dtype;
  Shape shape;
  std::vector<std::byte> bytes;
};

/// A tensor in host memory owned by somebody else.
struct TensorSpan {
  DType dtype;
  Shape shape;
  std::byte* data = nullptr;
  uint64_t bytes = 0;
};

/// How a plan is run.
struct RunOptions {
  using Seconds = std::chrono::duration<double>;
  bool processes = false;     ///< actors as processes of `actor_program`; else as threads of this one
  std::string actor_program;  ///< the `stretto` executable; used with processes
  Seconds open{30};           ///< until every actor is ready
  Seconds submit{60};         ///< default deadline of execute
  Seconds get{600};           ///< default deadline of get
  Seconds progress{60};       ///< a step is due and none completes: fatal
  Seconds close{10};          ///< join: what has not ended by then is killed
  uint64_t trace_executions =
      0;  ///< of which every lane keeps each step's times; 0: none. Memory for them is reserved.
};

/// What a step took, over all executions of a run.
struct StepTimes {
  uint64_t count = 0;
  double total = 0;  ///< seconds, without waiting for other steps
  double minimum = 0;
  double maximum = 0;
};

/// One run of one step as its lane saw it: nanoseconds on CLOCK_MONOTONIC, which all processes of a host share.
struct StepTrace {
  uint64_t step = 0;  ///< of the plan
  int64_t execution = 0;
  int64_t arrived = 0;  ///< the lane had come to the step
  int64_t begin = 0;    ///< what it waits for had happened; a RECEIVE then still waits for its message
  int64_t end = 0;
};

/// The first steps that a lane ran, in order.
struct LaneTrace {
  uint32_t lane = 0;
  uint64_t dropped = 0;  ///< runs of steps that there was no room for
  std::vector<StepTrace> steps;
};

class RuntimeState;

/// Leases the slots of one result; they are given back when it is destroyed. Outlives nothing: destroy before Runtime.
class View {
 public:
  View(View&&) noexcept;
  View& operator=(View&&) noexcept;
  ~View();
  /// By output field, in the plan's order of outputs and fields.
  const std::vector<TensorSpan>& tensors() const;

 private:
  friend class Future;
  struct Lease;
  explicit View(std::unique_ptr<Lease> lease);
  std::unique_ptr<Lease> lease_;
};

/// The result of one execution. Movable; dropping it discards the result. One thread at a time per future.
class Future {
 public:
  Future(Future&&) noexcept;
  Future& operator=(Future&&) noexcept;
  ~Future();
  int64_t execution() const;
  /// Blocks for data and status. Copies. One tensor per output field, in the plan's order of outputs and fields.
  /// Throws the op's own error (with node, actor and execution), Code::timed_out (this call only; a later call may
  /// succeed), or the plan's death, naming the actor.
  std::vector<Tensor> get();
  std::vector<Tensor> get(Deadline deadline);
  /// As get, without the copy.
  View get_view(Deadline deadline);

 private:
  friend class Runtime;
  Future(std::shared_ptr<RuntimeState> state, int64_t execution);
  std::shared_ptr<RuntimeState> state_;
  int64_t execution_;
};

/// Whether an actor's thread of this process was left behind at a deadline, since what it called does not return. What
/// runs when a process ends, destructors of libraries above all, may then wait for that thread: `stretto run` ends
/// without them. Any thread.
bool threads_left_behind() noexcept;

/// An open plan. Calls may come from any thread, one at a time.
class Runtime {
 public:
  /// Starts the actors, loads, allocates, connects; verifies the plan again. Blocks until all are ready.
  /// Throws Error; nothing is left behind then. The catalogue must outlive the runtime.
  static Runtime open(const Plan& plan, Catalogue& catalogue, const RunOptions& options = {});
  Runtime(Runtime&&) noexcept;
  Runtime& operator=(Runtime&&) noexcept;
  ~Runtime();  ///< close and join

  /// Submits one execution: copies the inputs, in the plan's order, into their slots. Waits while `inflight`
  /// executions are under way; throws Code::overloaded at the deadline, and names who holds a slot if a view does.
  Future execute(const std::vector<TensorSpan>& inputs);
  Future execute(const std::vector<TensorSpan>& inputs, Deadline deadline);
  /// The slots of the next execution's inputs, to be filled in place, for `execute` with no inputs. Same rules.
  std::vector<TensorSpan> loan_inputs(Deadline deadline);

  /// Starts the end: nothing more can be submitted, what is under way ends. Never blocks. Idempotent.
  void close();
  /// Waits for the end; kills what has not ended by the deadline of closing. Idempotent. Throws nothing.
  void join();
  /// Ends at once: every pending future fails with this error. Any thread.
  void abort(Code code, const std::string& reason);
  /// By step of the plan; complete after join.
  std::vector<StepTimes> step_times() const;
  /// One per lane whose actor has told, with RunOptions::trace_executions; complete after join.
  std::vector<LaneTrace> traces() const;

 private:
  explicit Runtime(std::shared_ptr<RuntimeState> state);
  std::shared_ptr<RuntimeState> state_;
};

}  // namespace stretto
