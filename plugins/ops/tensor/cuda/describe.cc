// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "kernels.h"
#include "ops.h"

#include <cstring>

namespace stretto::tensor {
namespace {

class DescribeKernel final : public LaneKernel {
 public:
  void launch(const Launch& launch) override {
    const cudaStream_t stream = enter(launch);
    const TensorView input = launch.input(0);
    DescribeWork work{};
    work.input = input.data();
    work.elements = input.elements();
    work.dtype = input.dtype().raw();
    work.rank = static_cast<int32_t>(input.shape().size());
    std::ranges::copy(input.shape(), work.shape);
    const auto name = std::ranges::find(kDTypes, input.dtype(), &NamedDType::dtype);
    work.name_length = static_cast<int32_t>(std::strlen(name->name));
    std::memcpy(work.name, name->name, std::strlen(name->name));
    work.value = launch.result(0).data<float>();
    work.shape_result = launch.result(1).data<int64_t>();
    work.name_result = launch.result(2).data<char>();
    enqueue(describe_program(), work, 1, 1, stream);
  }
};

class ChecksumKernel final : public LaneKernel {
 public:
  void launch(const Launch& launch) override {
    const cudaStream_t stream = enter(launch);
    const TensorView input = launch.input(0);
    enqueue(checksum_program(), {input.data(), launch.result(0).data<uint64_t>(), input.bytes()}, 1,
            ChecksumWork::kThreads, stream);
  }
};

}  // namespace

std::unique_ptr<Kernel> Describe::prepare(const Call& /*call*/, const stretto_native& lane) const {
  cuda::use_device(lane.index);
  load(describe_program());
  return std::make_unique<DescribeKernel>();
}

std::unique_ptr<Kernel> Checksum::prepare(const Call& /*call*/, const stretto_native& lane) const {
  cuda::use_device(lane.index);
  load(checksum_program());
  return std::make_unique<ChecksumKernel>();
}

}  // namespace stretto::tensor
