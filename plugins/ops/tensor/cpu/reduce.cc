// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "ops.h"

namespace stretto::tensor {
namespace {

/// The larger, or the smaller; a NaN once met stays.
template <class W>
W better(Way way, W best, W value) {
  if (best != best) return best;     // NOLINT(misc-redundant-expression): only a NaN differs from itself
  if (value != value) return value;  // NOLINT(misc-redundant-expression)
  return (way == Way::max ? value > best : value < best) ? value : best;
}

template <class T>
class ReduceKernel final : public Kernel {
 public:
  explicit ReduceKernel(Way way) : way_(way) {}
  void launch(const Launch& launch) override {
    const TensorView input = launch.input(0);
    const T* from = input.data<const T>();
    const uint64_t elements = input.elements();
    if (way_ != Way::sum && elements == 0) reject(kReduce, "a value without elements has no largest or smallest one");
    Wide<T> total = elements == 0 ? Wide<T>{} : widened(from[0]);
    for (uint64_t at = 1; at < elements; ++at)
      total = way_ == Way::sum ? sum(total, widened(from[at])) : better(way_, total, widened(from[at]));
    *launch.result(0).template data<T>() = nearest<T>(total);
  }

 private:
  Way way_;
};

}  // namespace

std::unique_ptr<Kernel> Reduce::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return kernel_for<ReduceKernel>(call.input(0).dtype, kReduce, way_of(call));
}

}  // namespace stretto::tensor
