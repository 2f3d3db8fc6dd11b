// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
// Ops that stand in for others in trials of schedules and of failures.
#include "kernels.h"
#include "ops.h"

#include <algorithm>

namespace stretto::tensor {
namespace {

/// `spin` makes no difference: one thread of the GPU is held either way.
class BusyKernel final : public LaneKernel {
 public:
  explicit BusyKernel(double seconds) : work_{static_cast<uint64_t>(seconds * 1e9)} {}
  void launch(const Launch& launch) override {
    const cudaStream_t stream = enter(launch);
    enqueue(hold_program(), work_, 1, 1, stream);
    copy_value(launch.input(0), launch.result(0), stream);
  }

 private:
  HoldWork work_;
};

class FailKernel final : public LaneKernel {
 public:
  FailKernel(std::span<const int64_t> at, std::string message)
      : at_(at.begin(), at.end()), message_(std::move(message)) {}
  void launch(const Launch& launch) override {
    if (std::ranges::find(at_, launch.execution()) != at_.end()) throw Error(Code::internal, message_);
    copy_value(launch.input(0), launch.result(0), enter(launch));
  }

 private:
  std::vector<int64_t> at_;
  std::string message_;
};

}  // namespace

std::unique_ptr<Kernel> Busy::prepare(const Call& call, const stretto_native& lane) const {
  cuda::use_device(lane.index);
  load(hold_program());
  return std::make_unique<BusyKernel>(call.args().seconds("seconds"));
}

std::unique_ptr<Kernel> Fail::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return std::make_unique<FailKernel>(call.args().integers("at"), call.args().text("message"));
}

}  // namespace stretto::tensor
