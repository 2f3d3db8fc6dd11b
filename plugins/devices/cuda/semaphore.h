// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Timeline semaphores: events from lane to lane, a pinned word from the host to a lane.
///
/// How a lane waits depends on who raises. What a lane raises is an event: CUDA sees the dependency and so never puts
/// the waiter in front of the work that it waits for, and nothing polls. What the host raises is a word in pinned
/// memory that the lane's queue waits for (cuStreamWaitValue64, greater or equal). The alternative, a host function in
/// the lane (cudaLaunchHostFunc) that blocks, was ruled out: the runtime runs host functions of several lanes on one
/// thread, so one that blocks may hold back the one that it waits for, and it costs two thread switches. A word costs
/// neither, and abort ends all waits by writing the words. Its price: CUDA does not see that dependency, so two lanes
/// that share a hardware queue can hold each other back: see queues.h.
///
/// How the host waits: it queries the event, first in a short spin, then sleeping between queries for a time that grows
/// with the time waited. A blocking cudaEventSynchronize has no deadline, and abort could not end it.

#include "driver.h"
#include "events.h"
#include "stretto/parking.h"
#include "words.h"

namespace stretto::cuda {

class StreamLane;

/// What the lanes of this device signal and wait for. Any thread.
class LaneSemaphore : public Semaphore {
 public:
  /// Called by the lane.
  virtual void lane_signal(const StreamLane& lane, cudaStream_t stream, uint64_t value) = 0;
  virtual void lane_wait(const StreamLane& lane, cudaStream_t stream, uint64_t value) = 0;
  /// The device was aborted: ends the waits that `Shared::words` does not. Any number of times.
  virtual void end() noexcept = 0;
};

/// What the lanes and semaphores of one device share. Any thread.
class Shared {
 public:
  /// Throws Code::unavailable, Code::overloaded.
  Shared(int index, int spin, bool crowded) : index(index), spin(spin), crowded(crowded), driver(load_driver()) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  bool aborted() const noexcept { return aborted_.load(std::memory_order_seq_cst); }
  /// Raises the flag, then the words, then wakes the host's waiters: in this order, so that who sees a raised word sees
  /// the flag too.
  void abort() noexcept;
  /// What abort does once the flag is raised. Again where work that was enqueued before may have written a word since.
  void end_waits() noexcept;
  void join(LaneSemaphore& semaphore);
  void leave(LaneSemaphore& semaphore) noexcept;

  const int index;
  const int spin;      ///< queries before a waiting host thread sleeps between them
  const bool crowded;  ///< lanes may be more than the device has queues for
  const Driver driver;
  Words words;

 private:
  std::atomic<bool> aborted_{false};
  std::mutex mutex_;
  std::vector<LaneSemaphore*> semaphores_;
};

/// Any thread. One party raises it: the host's threads, or one lane; another is refused with Code::invalid_argument.
/// (A word that several lanes write could fall, when a slow lane's write comes last, and events of several lanes have
/// no common order.)
class Timeline final : public LaneSemaphore {
 public:
  /// `shared` outlives this.
  explicit Timeline(Shared& shared);
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;
  /// Ends the waits of lanes that are still queued.
  ~Timeline() override;
  void host_signal(uint64_t value) override;
  void host_wait(uint64_t value, Deadline deadline) override;
  void lane_signal(const StreamLane& lane, cudaStream_t stream, uint64_t value) override;
  void lane_wait(const StreamLane& lane, cudaStream_t stream, uint64_t value) override;
  void end() noexcept override { parked_.wake_all(); }

 private:
  enum class Seen { there, issued, open };
  Seen look(uint64_t value);
  void expect_raiser(const void* raiser);
  [[noreturn]] void too_late(uint64_t value);
  CUdeviceptr word_address() const { return reinterpret_cast<CUdeviceptr>(&word_); }

  Shared& shared_;
  Words::Word& word_;
  ParkingSpot parked_{};  ///< host threads that wait for a value that nobody has raised or issued yet
  std::mutex mutex_;
  const void* raiser_ = nullptr;  ///< this: the host; a lane
  Events events_;
  std::atomic<uint64_t> issued_{0};  ///< by the lane that raises
  uint64_t word_awaited_ = 0;        ///< by lanes that came before the value was issued
  uint64_t word_written_ = 0;        ///< by the lane that raises
};

}  // namespace stretto::cuda
