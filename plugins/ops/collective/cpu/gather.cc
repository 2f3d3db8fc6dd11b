// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "ops.h"

#include <cstring>

namespace stretto::collective {
namespace {

class AllGatherKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    shape_gathered(launch);
    auto* to = launch.result(0).data<std::byte>();
    for (uint32_t i = 0; i < launch.input_count(); ++i) {
      const TensorView input = launch.input(i);
      if (input.bytes() != 0) std::memcpy(to, input.data(), input.bytes());
      to += input.bytes();
    }
  }
};

class BroadcastKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    const TensorView input = launch.input(0);
    launch.result(0).resize(input.shape());
    if (input.bytes() != 0) std::memcpy(launch.result(0).data(), input.data(), input.bytes());
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
