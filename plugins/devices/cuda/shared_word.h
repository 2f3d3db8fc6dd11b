// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Timeline semaphores between lanes of several processes: a word in host memory that all of them have mapped and
/// pinned, written and awaited by the queues themselves (cuStreamWriteValue64, cuStreamWaitValue64).
///
/// The alternative, an interprocess event (cudaIpcGetEventHandle), was ruled out. An event that has not been recorded
/// is no wait at all, so before each wait the reader's issuing thread would have to learn from the writer's, across
/// processes, that the record has been issued: a thread that waits on the host in front of every hand-off, and one more
/// constraint for the verifier. A word is compared with a value: a wait may be enqueued at any time, in any order with
/// the write, and neither thread is held up. Nor does a word belong to the process that made it, as an event does: when
/// one dies, the other ends its own waits by writing the word.
///
/// Sound, because the write comes after all work that its stream had before, behind a fence for the whole system, and
/// what follows the wait in the other stream starts once the word was seen. One stream writes a word, with growing
/// values, so a wait that was satisfied stays so. The price is that of all such waits: CUDA does not see them (see
/// semaphore.h).

#include "semaphore.h"

namespace stretto::cuda {

/// Any thread. In this process one lane at most raises it; that no other process' does is its users' affair.
class SharedWord final : public LaneSemaphore {
 public:
  /// Pins the word's page. `shared` and the word outlive this.
  SharedWord(Shared& shared, std::atomic<uint64_t>& word);
  SharedWord(const SharedWord&) = delete;
  SharedWord& operator=(const SharedWord&) = delete;
  ~SharedWord() override;
  void host_signal(uint64_t value) override;
  /// Looks at the word again and again, more and more rarely.
  void host_wait(uint64_t value, Deadline deadline) override;
  void lane_signal(const StreamLane& lane, cudaStream_t stream, uint64_t value) override;
  void lane_wait(const StreamLane& lane, cudaStream_t stream, uint64_t value) override;
  /// Raises the word to the end, for all that share it.
  void end() noexcept override;

 private:
  Shared& shared_;
  std::atomic<uint64_t>& word_;
  CUdeviceptr address_ = 0;
  std::mutex mutex_;
  const StreamLane* raiser_ = nullptr;
  uint64_t written_ = 0;  ///< by that lane, as far as it has been issued
};

}  // namespace stretto::cuda
