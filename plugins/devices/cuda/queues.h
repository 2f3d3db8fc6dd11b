// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The hardware queues of a GPU, over which CUDA spreads the streams of a process.
///
/// A stream that has work takes a queue that nobody uses, as long as there is one; else it shares one, where work is
/// done in the order in which it was issued, whatever its stream. So a lane that waits for a word holds back what came
/// later into its queue. On an H100 with n queues, n waiting streams let no other one through, and with at most n that
/// had work each went its own way. Four actors on one GPU, as threads, waited for each other without end where lanes
/// were many and queues few.
///
/// Therefore each lane must find a queue of its own: lanes are counted, by device and process, and one too many is
/// refused. To issue in one order over all actors of a process would do with fewer, but it would also need every
/// transfer that two lanes do together to stand at one place of that order.

#include "cuda_call.h"

namespace stretto::cuda {

/// What CUDA reads once, when a process's context is made. To be called before; leaves what the user has set.
/// 32 is the most. Under MPS the processes of a GPU share its queues, and with 32 each a fourth process found "out of
/// memory" (H100): there it is 8, which is CUDA's own.
void choose_queues();

/// Whether this process would reach its GPUs by MPS: its control daemon's socket is there.
bool served_by_mps();

/// The stream of a lane. The device is the calling thread's.
class Stream {
 public:
  /// `urgent`: of the highest priority that the device has, else of the lowest. `crowded`: may share a queue; else
  /// throws Code::overloaded where the device has no queue left for it.
  Stream(int device, bool urgent, bool crowded);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();
  cudaStream_t get() const { return stream_; }

 private:
  const int device_;
  cudaStream_t stream_ = nullptr;
};

}  // namespace stretto::cuda
