// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The ends of a channel over NCCL: they enqueue on the lane that they are given.

#include "stretto/transport.h"

namespace stretto::nccl {

class NcclTransport;

/// The lane's one issuing thread.
class NcclEnd final : public ChannelEnd {
 public:
  /// `transport` outlives this.
  NcclEnd(NcclTransport& transport, uint32_t peer, bool sends, std::string name)
      : transport_(transport), peer_(peer), sends_(sends), name_(std::move(name)) {}
  void bind(uint32_t slot, void* memory, uint64_t bytes) override;
  void lane_send(const stretto_native& lane, const void* memory, uint64_t bytes) override;
  void lane_receive(const stretto_native& lane, void* memory, uint64_t bytes) override;

 private:
  NcclTransport& transport_;
  const uint32_t peer_;
  const bool sends_;
  const std::string name_;
};

}  // namespace stretto::nccl
