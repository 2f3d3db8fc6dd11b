// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// A lane that is a CUDA stream, and what was captured on one: a CUDA graph.

#include "queues.h"
#include "semaphore.h"

namespace stretto::cuda {

/// A CUDA graph that is ready to be launched.
class StreamCapture final : public Capture {
 public:
  /// Takes the graph. `shared` outlives this; the stream outlives launches.
  StreamCapture(Shared& shared, cudaStream_t stream, cudaGraph_t graph);
  StreamCapture(const StreamCapture&) = delete;
  StreamCapture& operator=(const StreamCapture&) = delete;
  ~StreamCapture() override;
  /// Gives the device what launches need, so that no launch allocates.
  void upload();
  void launch() override;

 private:
  Shared& shared_;
  cudaStream_t stream_;
  cudaGraphExec_t graph_ = nullptr;
};

/// One thread at a time enqueues; every call returns at once, throws Code::cancelled after the device's abort, and
/// else the device's error. Semaphores are this device's.
class StreamLane final : public Lane {
 public:
  /// `communicates`: the stream gets the highest priority that the device has, so that small communication work is not
  /// queued behind a long computation. `shared` outlives this.
  StreamLane(Shared& shared, const char* name, bool communicates);
  StreamLane(const StreamLane&) = delete;
  StreamLane& operator=(const StreamLane&) = delete;
  ~StreamLane() override;
  void signal(Semaphore& semaphore, uint64_t value) override;
  void wait(Semaphore& semaphore, uint64_t value) override;
  void copy(void* destination, const void* source, uint64_t bytes) override;
  stretto_native native() override;
  /// Other threads go on calling CUDA; what the recording one may do meanwhile, ops keep to (abi.h).
  void begin_capture() override;
  std::unique_ptr<Capture> end_capture() override;
  void mark(uint64_t mark) override;
  void follow(Lane& other, uint64_t mark) override;
  /// NVTX ranges of the domain "stretto", with the execution as payload. Without a profiler each is one branch.
  void range_push(const char* name, int64_t execution) noexcept override;
  void range_pop() noexcept override;

 private:
  Shared& shared_;
  cudaEvent_t marked(uint64_t mark);
  const Stream own_;
  const cudaStream_t stream_;
  std::vector<cudaEvent_t> marks_;  ///< recorded anew in each recording
};

}  // namespace stretto::cuda
