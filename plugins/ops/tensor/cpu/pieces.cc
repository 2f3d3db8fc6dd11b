// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "ops.h"

#include <cstring>

namespace stretto::tensor {
namespace {

class ConcatKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    shape_joined(launch);
    auto* to = launch.result(0).data<std::byte>();
    for (uint32_t i = 0; i < launch.input_count(); ++i) {
      const TensorView input = launch.input(i);
      if (input.bytes() != 0) std::memcpy(to, input.data(), input.bytes());
      to += input.bytes();
    }
  }
};

class SplitKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    shape_halves(launch);
    const auto* from = launch.input(0).data<const std::byte>();
    for (uint32_t half = 0; half < 2; ++half) {
      const ResultView result = launch.result(half);
      if (result.bytes() != 0) std::memcpy(result.data(), from, result.bytes());
      from += result.bytes();
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
