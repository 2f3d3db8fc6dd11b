// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "ops.h"

#include <algorithm>
#include <cstring>

namespace stretto::tensor {
namespace {

class CopyKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override { copy_value(launch.input(0), launch.result(0)); }
};

template <class T>
class AddKernel final : public Kernel {
 public:
  void launch(const Launch& launch) override {
    const TensorView first = launch.input(0);
    shape_sum(launch);
    T* result = launch.result(0).template data<T>();
    const uint64_t elements = first.elements();
    for (uint64_t at = 0; at < elements; ++at) {
      Wide<T> total = widened(first.data<const T>()[at]);
      for (uint32_t i = 1; i < launch.input_count(); ++i)
        total = sum(total, widened(launch.input(i).template data<const T>()[at]));
      result[at] = nearest<T>(total);
    }
  }
};

template <class T>
class ScaleKernel final : public Kernel {
 public:
  explicit ScaleKernel(double factor) : factor_(factor) {}
  void launch(const Launch& launch) override {
    const TensorView input = launch.input(0);
    launch.result(0).resize(input.shape());
    const T* from = input.data<const T>();
    T* to = launch.result(0).template data<T>();
    const uint64_t elements = input.elements();
    if constexpr (std::integral<T>) {
      const auto factor = static_cast<uint64_t>(static_cast<int64_t>(factor_));
      std::transform(from, from + elements, to,
                     [&](T value) { return static_cast<T>(static_cast<uint64_t>(value) * factor); });
    } else {
      std::transform(from, from + elements, to,
                     [&](T value) { return nearest<T>(static_cast<double>(widened(value)) * factor_); });
    }
  }

 private:
  double factor_;
};

}  // namespace

void copy_value(const TensorView& input, ResultView result) {
  result.resize(input.shape());
  if (const uint64_t bytes = input.bytes(); bytes != 0) std::memcpy(result.data(), input.data(), bytes);
}

std::unique_ptr<Kernel> Copy::prepare(const Call& /*call*/, const stretto_native& /*lane*/) const {
  return std::make_unique<CopyKernel>();
}

std::unique_ptr<Kernel> Add::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return kernel_for<AddKernel>(call.input(0).dtype, kAdd);
}

std::unique_ptr<Kernel> Scale::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return kernel_for<ScaleKernel>(call.input(0).dtype, kScale, call.args().real("factor"));
}

}  // namespace stretto::tensor
