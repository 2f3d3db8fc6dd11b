// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One actor's part in one collective over NCCL: it enqueues on the lane that it is given.

#include "stretto/transport.h"

namespace stretto::nccl {

class NcclTransport;

/// The lane's one issuing thread.
class NcclPart final : public ChannelEnd {
 public:
  /// `transport` outlives this.
  NcclPart(NcclTransport& transport, CollectiveInfo collective)
      : transport_(transport), collective_(std::move(collective)) {}
  void lane_collective(const stretto_native& lane, const void* input, void* result) override;

 private:
  NcclTransport& transport_;
  const CollectiveInfo collective_;
};

}  // namespace stretto::nccl
