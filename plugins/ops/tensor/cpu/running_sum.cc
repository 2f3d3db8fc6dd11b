// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "ops.h"

namespace stretto::tensor {
namespace {

template <class T>
class RunningSumKernel final : public Kernel {
 public:
  explicit RunningSumKernel(const Call& call) : shape_(call), totals_(shape_.most_elements()) {}
  void launch(const Launch& launch) override {
    shape_.admit(launch);
    const TensorView input = launch.input(0);
    const T* from = input.data<const T>();
    T* to = launch.result(0).template data<T>();
    for (uint64_t at = 0; at < input.elements(); ++at) {
      totals_[at] = sum(totals_[at], widened(from[at]));
      to[at] = nearest<T>(totals_[at]);
    }
  }

 private:
  RunningShape shape_;
  std::vector<Wide<T>> totals_;
};

}  // namespace

std::unique_ptr<Kernel> RunningSum::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return kernel_for<RunningSumKernel>(call.input(0).dtype, kRunningSum, call);
}

}  // namespace stretto::tensor
