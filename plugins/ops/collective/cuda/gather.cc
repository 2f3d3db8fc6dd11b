// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "ops.h"

namespace stretto::collective {
namespace {

void copy(void* to, const TensorView& from, cudaStream_t stream) {
  if (from.bytes() != 0) STRETTO_CUDA(cudaMemcpyAsync, to, from.data(), from.bytes(), cudaMemcpyDeviceToDevice, stream);
}

class AllGatherKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    shape_gathered(launch);
    const cudaStream_t stream = enter(launch);
    auto* to = launch.result(0).data<std::byte>();
    for (uint32_t i = 0; i < launch.input_count(); ++i) {
      copy(to, launch.input(i), stream);
      to += launch.input(i).bytes();
    }
  }
};

class BroadcastKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    launch.result(0).resize(launch.input(0).shape());
    copy(launch.result(0).data(), launch.input(0), enter(launch));
  }
};

}  // namespace

std::unique_ptr<Kernel> AllGather::prepare(const Call& /*call*/, const stretto_native& /*lane*/) const {
  return std::make_unique<AllGatherKernel>();
}

std::unique_ptr<Kernel> Broadcast::prepare(const Call& /*call*/, const stretto_native& /*lane*/) const {
  return std::make_unique<BroadcastKernel>();
}

}  // namespace stretto::collective
