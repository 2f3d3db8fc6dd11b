// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The driver: feeds the inputs of each execution, gives the tickets, reads the outputs.

#include "execution/slots.h"
#include "stretto/runtime.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace stretto {

/// The in-flight window, seen from outside: execution e is submitted only after all outputs of e - inflight have
/// arrived. An arrived result that nobody has read is copied out of its slots when the window needs them, or when a
/// later one is read first; so a future that is never read blocks nothing. A leased view is never moved: whoever needs
/// its slot waits.
///
/// Thread-safe; a waiting `get` does not hold up `kill`, views or dropped futures.
class Driver {
 public:
  Driver(std::shared_ptr<const Plan> plan, Catalogue& catalogue, std::shared_ptr<ControlPage> page);
  Endpoints& endpoints() { return *endpoints_; }
  /// Once all transports are connected.
  void start() { slots_->resolve(); }

  int64_t execute(const std::vector<TensorSpan>& inputs, Deadline deadline);
  std::vector<TensorSpan> loan(Deadline deadline);
  std::vector<Tensor> get(int64_t execution, Deadline deadline);
  /// Leases the slots of the result; `release` gives them back.
  std::vector<TensorSpan> lease(int64_t execution, Deadline deadline);
  void release(int64_t execution);
  /// Nobody will ask for this result.
  void drop(int64_t execution);
  /// Waits until what is under way has ended, and keeps its results for later calls of `get`. Throws nothing.
  void collect(Deadline deadline);
  /// No execution follows. What is under way ends.
  void close();
  /// Every call fails with this from now on; the first one counts.
  void kill(const Error& why);
  std::optional<Error> death() const;

 private:
  enum class Phase { pending, arrived, copied, leased, over };
  struct Result {
    Phase phase = Phase::pending;
    bool dropped = false;
    std::map<uint32_t, Note> notes;  ///< by output channel, as they arrive
    std::vector<Tensor> copies;
    std::optional<Error> error;
  };
  void check_alive() const;
  void check_inputs(const std::vector<TensorSpan>& inputs) const;
  void make_room(int64_t execution, std::unique_lock<std::mutex>& lock, Deadline deadline);
  void arrive(int64_t execution, std::unique_lock<std::mutex>& lock, Deadline deadline);
  void arrive_through(int64_t execution, std::unique_lock<std::mutex>& lock, Deadline deadline);
  void settle(int64_t execution, Result& result);
  void copy_out(int64_t execution, Result& result);
  void give_back(int64_t execution);
  void drain_for(int64_t execution);
  void publish(int64_t execution);
  TensorSpan span_of(const PlanOutput::Field& field, int64_t execution, const Result& result) const;
  Result& at(int64_t execution);
  Error translate(const Error& error, std::unique_lock<std::mutex>& lock);

  std::shared_ptr<const Plan> plan_;
  std::shared_ptr<ControlPage> page_;
  std::unique_ptr<Slots> slots_;  ///< outlives the transports, which may write into it until they are closed
  std::unique_ptr<Endpoints> endpoints_;
  std::set<uint32_t> output_channels_;
  std::map<uint32_t, uint32_t> output_rings_;  ///< by channel: where its value lies for the driver
  int32_t max_offset_;
  bool looks_ahead_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int64_t, Result> results_;
  int64_t submitted_ = 0;
  int64_t arrived_ = 0;     ///< all executions before this one have arrived
  bool receiving_ = false;  ///< one thread waits in a transport at a time
  bool loaned_ = false;
  int32_t undrained_ = 0;  ///< blank rounds still owed to the last execution
  bool closed_ = false;
  std::optional<Error> death_;
};

}  // namespace stretto
