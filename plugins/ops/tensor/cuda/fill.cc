// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "kernels.h"
#include "ops.h"

namespace stretto::tensor {
namespace {

class FillKernel final : public LaneKernel {
 public:
  explicit FillKernel(DType from) : from_(from) {}
  void launch(const Launch& launch) override {
    const cudaStream_t stream = enter(launch);
    const ResultView result = launch.result(0);
    const FillWork work{launch.input(0).data(), result.data(), result.elements(), from_.raw(), result.dtype().raw()};
    // A thread stores 16 bytes.
    enqueue_over(fill_program(), work, (result.bytes() + 15) / 16, stream);
  }

 private:
  DType from_;
};

}  // namespace

Inference Fill::infer(const Call& call) const {
  Inference inference = FillSignature::infer(call);
  if (call.input_count() > 1)
    reject(kFill,
           "it takes its shape from data, which an asynchronous device does not know when it launches; put the node on "
           "an actor of a host device, or give args.shape");
  return inference;
}

std::unique_ptr<Kernel> Fill::prepare(const Call& call, const stretto_native& lane) const {
  cuda::use_device(lane.index);
  load(fill_program());
  return std::make_unique<FillKernel>(call.input(0).dtype);
}

}  // namespace stretto::tensor
