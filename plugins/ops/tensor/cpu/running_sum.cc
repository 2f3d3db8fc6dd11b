// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "call.h"
#include "numbers.h"
#include "ops.h"

#include <algorithm>
#include <array>

namespace stretto::tensor {
namespace {

constexpr const char* kRunningSum = "running_sum";

template <class T>
class RunningSumKernel final : public Kernel {
 public:
  explicit RunningSumKernel(uint64_t most_elements) : totals_(most_elements) {}
  void launch(const Launch& launch) override {
    const TensorView input = launch.input(0);
    const auto shape = input.shape();
    // All refusals come first: a failed launch leaves the totals as they are.
    if (begun_ && !std::ranges::equal(shape, std::span(shape_).first(shape.size())))
      reject(kRunningSum, "input 'x' has the shape " + to_text(shape) + ", but the total so far has " +
                              to_text(std::span(shape_).first(shape.size())));
    if (input.elements() > totals_.size())
      throw Error(Code::overloaded, std::string(kRunningSum) + ": input 'x' has " + std::to_string(input.elements()) +
                                        " elements, room was made for " + std::to_string(totals_.size()));
    launch.result(0).resize(shape);
    std::ranges::copy(shape, shape_.begin());
    begun_ = true;
    const T* from = input.data<const T>();
    T* to = launch.result(0).template data<T>();
    for (uint64_t at = 0; at < input.elements(); ++at) {
      totals_[at] = sum(totals_[at], widened(from[at]));
      to[at] = nearest<T>(totals_[at]);
    }
  }

 private:
  std::vector<Wide<T>> totals_;
  std::array<int64_t, STRETTO_MAX_RANK> shape_{};
  bool begun_ = false;
};

}  // namespace

OpInfo RunningSum::info() const {
  return {kRunningSum,
          "The elementwise sum of all executions up to this one",
          {{"x", "floats or integers, of one shape in all executions"}},
          {{"total", "the sum so far"}},
          {},
          STRETTO_OP_STATEFUL};
}

Inference RunningSum::infer(const Call& call) const {
  const Spec input = only_input(kRunningSum, call);
  with_type(input.dtype, kRunningSum, [](auto) {});
  Inference inference = like(input, 1);
  inference.results[0].text = false;
  return inference;
}

std::unique_ptr<Kernel> RunningSum::prepare(const Call& call, const stretto_native& /*lane*/) const {
  const Spec input = call.input(0);
  if (input.dynamic() && input.max_bytes == 0)
    reject(kRunningSum, "input 'x' is " + to_text(input) + " without a bound: give its channel max_bytes");
  return kernel_for<RunningSumKernel>(input.dtype, kRunningSum, most_bytes(input) / input.dtype.bytes());
}

}  // namespace stretto::tensor
