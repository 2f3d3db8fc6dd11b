// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "kernels.h"
#include "ops.h"

namespace stretto::tensor {
namespace {

class RunningSumKernel final : public LaneKernel {
 public:
  RunningSumKernel(const Call& call, const stretto_native& lane)
      : shape_(call), program_(running_sum_program(call.input(0).dtype)), device_(lane.index) {
    cuda::use_device(device_);
    load(program_);
    const DType dtype = call.input(0).dtype;
    const bool narrow = dtype == kF16 || dtype == kBF16;
    const uint64_t bytes = shape_.most_elements() * (narrow ? sizeof(float) : dtype.bytes());
    STRETTO_CUDA(cudaMalloc, &totals_, std::max<uint64_t>(bytes, 1));
    STRETTO_CUDA(cudaMemsetAsync, totals_, 0, bytes, cuda::stream_of(lane));
  }
  RunningSumKernel(const RunningSumKernel&) = delete;
  RunningSumKernel& operator=(const RunningSumKernel&) = delete;
  ~RunningSumKernel() override {
    cudaSetDevice(device_);
    cudaFree(totals_);
  }
  void launch(const Launch& launch) override {
    shape_.admit(launch);
    const cudaStream_t stream = enter(launch);
    const TensorView input = launch.input(0);
    enqueue_over(program_, {input.data(), totals_, launch.result(0).data(), input.elements()}, input.elements(),
                 stream);
  }

 private:
  RunningShape shape_;
  Program<RunningSumWork> program_;
  const int device_;
  void* totals_ = nullptr;
};

}  // namespace

std::unique_ptr<Kernel> RunningSum::prepare(const Call& call, const stretto_native& lane) const {
  return std::make_unique<RunningSumKernel>(call, lane);
}

}  // namespace stretto::tensor
