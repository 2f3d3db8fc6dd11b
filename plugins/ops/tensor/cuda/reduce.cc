// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "kernels.h"
#include "ops.h"

namespace stretto::tensor {
namespace {

class ReduceKernel final : public LaneKernel {
 public:
  ReduceKernel(Program<ReduceWork> program, Way way) : program_(program), way_(way) {}
  void launch(const Launch& launch) override {
    const TensorView input = launch.input(0);
    if (way_ != Way::sum && input.elements() == 0)
      reject(kReduce, "a value without elements has no largest or smallest one");
    const cudaStream_t stream = enter(launch);
    enqueue(program_, {input.data(), launch.result(0).data(), input.elements(), static_cast<int32_t>(way_)}, 1,
            ReduceWork::kThreads, stream);
  }

 private:
  Program<ReduceWork> program_;
  Way way_;
};

}  // namespace

std::unique_ptr<Kernel> Reduce::prepare(const Call& call, const stretto_native& lane) const {
  cuda::use_device(lane.index);
  const auto program = reduce_program(call.input(0).dtype);
  load(program);
  return std::make_unique<ReduceKernel>(program, way_of(call));
}

}  // namespace stretto::tensor
