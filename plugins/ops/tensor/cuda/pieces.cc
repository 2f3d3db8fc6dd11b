// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "ops.h"

namespace stretto::tensor {
namespace {

class ConcatKernel final : public LaneKernel {
 public:
  void launch(const Launch& launch) override {
    shape_joined(launch);
    const cudaStream_t stream = enter(launch);
    auto* to = launch.result(0).data<std::byte>();
    for (uint32_t i = 0; i < launch.input_count(); ++i) {
      copy(to, launch.input(i).data(), launch.input(i).bytes(), stream);
      to += launch.input(i).bytes();
    }
  }
};

class SplitKernel final : public LaneKernel {
 public:
  void launch(const Launch& launch) override {
    shape_halves(launch);
    const cudaStream_t stream = enter(launch);
    const auto* from = launch.input(0).data<const std::byte>();
    for (uint32_t half = 0; half < 2; ++half) {
      copy(launch.result(half).data(), from, launch.result(half).bytes(), stream);
      from += launch.result(half).bytes();
    }
  }
};

}  // namespace

std::unique_ptr<Kernel> Concat::prepare(const Call& /*call*/, const stretto_native& /*lane*/) const {
  return std::make_unique<ConcatKernel>();
}

std::unique_ptr<Kernel> Split::prepare(const Call& /*call*/, const stretto_native& /*lane*/) const {
  return std::make_unique<SplitKernel>();
}

}  // namespace stretto::tensor
