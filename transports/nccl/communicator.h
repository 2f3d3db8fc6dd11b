// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// NCCL, wrapped: the one place of this plugin that spells its types and errors.

#include "cuda_call.h"
#include "stretto/transport.h"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <nccl.h>
#include <optional>

namespace stretto::nccl {

/// What the ranks of one communicator have in common; one of them makes it and tells the others.
using UniqueId = std::array<std::byte, NCCL_UNIQUE_ID_BYTES>;
/// Starts a thread that the other ranks will find by it. Throws Code::unavailable where NCCL can't start.
UniqueId make_unique_id();

/// "2.28.9"
std::string library_version();

/// How many of the GPU's processors transfers may take; nothing: NCCL decides.
struct Shape {
  std::optional<int> max_ctas;
  std::optional<int> cga_cluster_size;
};

/// One non-blocking communicator. What NCCL calls "in progress" is waited for here, until it is done, fails, or is
/// aborted. One thread at a time issues; `abort` and `error` come from any thread, also during a call.
class Communicator {
 public:
  /// Collective: every rank calls it, with its own rank, on the GPU that is current. Blocks until all have come.
  /// Throws Code::timed_out at the deadline, Code::cancelled once `aborted` is raised.
  Communicator(const UniqueId& id, int ranks, int rank, const Shape& shape, Deadline deadline,
               const std::atomic<bool>& aborted);
  Communicator(const Communicator&) = delete;
  Communicator& operator=(const Communicator&) = delete;
  /// Finalizes, for a few seconds at most; aborts where that fails. Everything enqueued has been done before.
  ~Communicator();
  /// Collective over all ranks: a communicator of those that name a place, in the order of their places; null for the
  /// others. Where it throws, this one has been aborted.
  std::unique_ptr<Communicator> split(std::optional<int> place, Deadline deadline);

  /// Lets NCCL copy straight into and out of this memory of the GPU, where it can. Valid until the communicator ends.
  /// Blocks until NCCL has mapped it. Throws what NCCL refuses: memory of no GPU, say.
  void adopt(void* memory, uint64_t bytes, Deadline deadline);

  /// Enqueue, and return once NCCL has put it on the stream. In a group they only join it.
  void send(const void* memory, uint64_t bytes, int peer, cudaStream_t stream);
  void receive(void* memory, uint64_t bytes, int peer, cudaStream_t stream);
  /// This rank's part, of a set that is this communicator's ranks in their order. As above.
  void collect(const CollectiveInfo& collective, const void* input, void* result, cudaStream_t stream);
  /// Waits until what this communicator did is on its stream.
  void await_issued(Deadline deadline);
  /// Ends everything that it does, on the GPU too. The communicator is of no use afterwards. Blocks in NCCL until what
  /// it has put on streams has ended and graphs with anything of it are gone; others' calls of it do not wait for that.
  void abort() noexcept;
  /// What has gone wrong since it was made, without having been asked for; nothing where all is well.
  std::optional<std::string> error();

 private:
  Communicator(const Shape& shape, const std::atomic<bool>& aborted) : shape_(shape), aborted_(aborted) {}
  template <class Call>
  void issue(const char* name, Call&& call);
  std::mutex mutex_;   ///< held for single calls: NCCL must not see a communicator used and aborted at once
  std::mutex ending_;  ///< held while it is aborted
  const Shape shape_;
  const std::atomic<bool>& aborted_;
  ncclComm_t raw_ = nullptr;
  std::vector<void*> adopted_;  ///< NCCL's handles
};

/// Whether NCCL has reductions of the dtype.
bool reduces(DType dtype);

/// Groups of the calling thread: what is issued between them is one transition. `end` returns at once; then every
/// communicator that took part has to be awaited.
void begin_group();
void end_group();

}  // namespace stretto::nccl
