// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "ops.h"

#include <algorithm>

namespace stretto::tensor {
namespace {

template <class T>
class DescribeKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    const TensorView input = launch.input(0);
    float first = 0;
    if (input.elements() != 0) first = static_cast<float>(widened(*input.data<const T>()));
    *launch.result(0).data<float>() = first;
    std::ranges::copy(input.shape(), launch.result(1).data<int64_t>());
    const auto name = std::ranges::find(kDTypes, input.dtype(), &NamedDType::dtype);
    std::memcpy(launch.result(2).data(), name->name, std::strlen(name->name));
  }
};

class ChecksumKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    const TensorView input = launch.input(0);
    const auto* bytes = input.data<const uint8_t>();
    uint64_t hash = 0xcbf29ce484222325;
    for (uint64_t i = 0; i < input.bytes(); ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
    *launch.result(0).data<uint64_t>() = hash;
  }
};

}  // namespace

std::unique_ptr<Kernel> Describe::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return kernel_for<DescribeKernel>(call.input(0).dtype, kDescribe);
}

std::unique_ptr<Kernel> Checksum::prepare(const Call& /*call*/, const stretto_native& /*lane*/) const {
  return std::make_unique<ChecksumKernel>();
}

}  // namespace stretto::tensor
