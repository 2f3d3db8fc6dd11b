// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "channel.h"

#include "transport.h"

namespace stretto::nccl {

void NcclEnd::bind(uint32_t /*slot*/, void* memory, uint64_t bytes) { transport_.bound(peer_, memory, bytes); }

void NcclEnd::lane_send(const stretto_native& lane, const void* memory, uint64_t bytes) {
  if (!sends_) throw Error(Code::internal, "channel '" + name_ + "': a send on the reader's end");
  transport_.issue(peer_, lane, [&](Communicator& communicator, int rank, cudaStream_t stream) {
    communicator.send(memory, bytes, rank, stream);
  });
}

void NcclEnd::lane_receive(const stretto_native& lane, void* memory, uint64_t bytes) {
  if (sends_) throw Error(Code::internal, "channel '" + name_ + "': a receive on the writer's end");
  transport_.issue(peer_, lane, [&](Communicator& communicator, int rank, cudaStream_t stream) {
    communicator.receive(memory, bytes, rank, stream);
  });
}

}  // namespace stretto::nccl
