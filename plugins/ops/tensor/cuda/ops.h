// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The ops of the library on CUDA GPUs: their kernels enqueue on the lane, and load and allocate in prepare only.
///
/// What they can't know at launch they can't refuse: numbers that do not fit (see FillWork), and shapes that stand in
/// data (fill with an input `shape`, which is refused when the graph is compiled).

#include "cuda_call.h"
#include "signatures.h"

namespace stretto::tensor {

/// What every kernel of this library does first: the lane's GPU becomes the thread's.
class LaneKernel : public Kernel {
 protected:
  static cudaStream_t enter(const Launch& launch) {
    const cudaStream_t stream = cuda::stream_of(launch.lane());
    cuda::use_device(launch.lane().index);
    return stream;
  }
  /// Device to device, in lane order.
  static void copy(void* to, const void* from, uint64_t bytes, cudaStream_t stream) {
    if (bytes != 0) STRETTO_CUDA(cudaMemcpyAsync, to, from, bytes, cudaMemcpyDeviceToDevice, stream);
  }
};

/// The result takes the input's shape and bytes.
void copy_value(const TensorView& input, ResultView result, cudaStream_t stream);

class Fill final : public FillSignature {
 public:
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Copy final : public CopySignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Add final : public AddSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Scale final : public ScaleSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Reduce final : public ReduceSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Concat final : public ConcatSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Split final : public SplitSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Describe final : public DescribeSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Checksum final : public ChecksumSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class RunningSum final : public RunningSumSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Busy final : public BusySignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

class Fail final : public FailSignature {
 public:
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

}  // namespace stretto::tensor
