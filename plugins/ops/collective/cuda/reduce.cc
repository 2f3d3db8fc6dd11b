// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "fold.h"
#include "ops.h"

namespace stretto::collective {
namespace {

using FoldProgram = tensor::Program<FoldWork>;

FoldProgram ready_program(const char* op, const Call& call, const stretto_native& lane) {
  if (call.input_count() > FoldWork::kMostInputs)
    throw Error(Code::invalid_argument, std::string(op) + ": it is on " + std::to_string(call.input_count()) +
                                            " actors, and on CUDA GPUs " + std::to_string(FoldWork::kMostInputs) +
                                            " are the most without a transport that has collectives");
  cuda::use_device(lane.index);
  const auto program = fold_program(call.input(0).dtype);
  tensor::load(program);
  return program;
}

void enqueue(const Launch& launch, FoldProgram program, uint64_t begin, stretto_reduction reduction) {
  const cudaStream_t stream = enter(launch);
  FoldWork work{launch.result(0).data(), begin, launch.result(0).elements(), launch.input_count(), reduction, {}};
  for (uint32_t i = 0; i < launch.input_count(); ++i) work.inputs[i] = launch.input(i).data();
  tensor::enqueue_over(program, work, work.elements, stream);
}

class AllReduceKernel final : public Kernel {
 public:
  AllReduceKernel(FoldProgram program, stretto_reduction reduction) : program_(program), reduction_(reduction) {}
  void launch(const Launch& launch) override {
    shape_reduced(launch);
    enqueue(launch, program_, 0, reduction_);
  }

 private:
  FoldProgram program_;
  stretto_reduction reduction_;
};

class ReduceScatterKernel final : public Kernel {
 public:
  ReduceScatterKernel(FoldProgram program, stretto_reduction reduction, uint32_t member, uint32_t members)
      : program_(program), reduction_(reduction), member_(member), members_(members) {}
  void launch(const Launch& launch) override {
    shape_scattered(launch, members_);
    enqueue(launch, program_, member_ * launch.result(0).elements(), reduction_);
  }

 private:
  FoldProgram program_;
  stretto_reduction reduction_;
  uint32_t member_, members_;
};

}  // namespace

std::unique_ptr<Kernel> AllReduce::prepare(const Call& call, const stretto_native& lane) const {
  return std::make_unique<AllReduceKernel>(ready_program(kAllReduce, call, lane), reduction_of(call));
}

std::unique_ptr<Kernel> ReduceScatter::prepare(const Call& call, const stretto_native& lane) const {
  return std::make_unique<ReduceScatterKernel>(ready_program(kReduceScatter, call, lane), reduction_of(call),
                                               call.member(), call.member_count());
}

}  // namespace stretto::collective
