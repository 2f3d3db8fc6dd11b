// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The ops of the library on CUDA GPUs: their kernels enqueue on the lane's stream, and allocate in prepare only.

#include "collective.h"
#include "cuda_call.h"

namespace stretto::collective {

/// The launch's stream; its GPU becomes the thread's.
inline cudaStream_t enter(const Launch& launch) {
  const cudaStream_t stream = cuda::stream_of(launch.lane());
  cuda::use_device(launch.lane().index);
  return stream;
}

class AllReduce final : public AllReduceSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class AllGather final : public AllGatherSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class ReduceScatter final : public ReduceScatterSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Broadcast final : public BroadcastSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

}  // namespace stretto::collective
