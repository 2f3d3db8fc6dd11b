// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "kernels.h"
#include "ops.h"

namespace stretto::tensor {
namespace {

class CopyKernel final : public LaneKernel {
 public:
  void launch(const Launch& launch) override { copy_value(launch.input(0), launch.result(0), enter(launch)); }
};

class AddKernel final : public LaneKernel {
 public:
  explicit AddKernel(Program<AddWork> program) : program_(program) {}
  void launch(const Launch& launch) override {
    shape_sum(launch);
    const cudaStream_t stream = enter(launch);
    AddWork work{launch.result(0).data(), launch.result(0).elements(), launch.input_count(), {}};
    for (uint32_t i = 0; i < launch.input_count(); ++i) work.inputs[i] = launch.input(i).data();
    enqueue_over(program_, work, work.elements, stream);
  }

 private:
  Program<AddWork> program_;
};

class ScaleKernel final : public LaneKernel {
 public:
  ScaleKernel(Program<ScaleWork> program, double factor) : program_(program), factor_(factor) {}
  void launch(const Launch& launch) override {
    const cudaStream_t stream = enter(launch);
    const TensorView input = launch.input(0);
    launch.result(0).resize(input.shape());
    enqueue_over(program_, {input.data(), launch.result(0).data(), input.elements(), factor_}, input.elements(),
                 stream);
  }

 private:
  Program<ScaleWork> program_;
  double factor_;
};

}  // namespace

void copy_value(const TensorView& input, ResultView result, cudaStream_t stream) {
  result.resize(input.shape());
  if (input.bytes() != 0)
    STRETTO_CUDA(cudaMemcpyAsync, result.data(), input.data(), input.bytes(), cudaMemcpyDeviceToDevice, stream);
}

std::unique_ptr<Kernel> Copy::prepare(const Call& /*call*/, const stretto_native& /*lane*/) const {
  return std::make_unique<CopyKernel>();
}

std::unique_ptr<Kernel> Add::prepare(const Call& call, const stretto_native& lane) const {
  if (call.input_count() > AddWork::kMostInputs)
    reject(kAdd, "it adds " + std::to_string(call.input_count()) + " values, and on a CUDA GPU " +
                     std::to_string(AddWork::kMostInputs) + " at most; add them in two nodes");
  cuda::use_device(lane.index);
  const auto program = add_program(call.input(0).dtype);
  load(program);
  return std::make_unique<AddKernel>(program);
}

std::unique_ptr<Kernel> Scale::prepare(const Call& call, const stretto_native& lane) const {
  cuda::use_device(lane.index);
  const auto program = scale_program(call.input(0).dtype);
  load(program);
  return std::make_unique<ScaleKernel>(program, call.args().real("factor"));
}

}  // namespace stretto::tensor
