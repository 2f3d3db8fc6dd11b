// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "call.h"
#include "numbers.h"
#include "ops.h"

namespace stretto::tensor {
namespace {

constexpr const char* kReduce = "reduce";
enum class Way { sum, max, min };

Way way_of(const Call& call) {
  const std::string name = call.args().text("op");
  if (name == "sum") return Way::sum;
  if (name == "max") return Way::max;
  if (name == "min") return Way::min;
  reject(kReduce, "op is '" + name + "', expected sum, max or min");
}

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

OpInfo Reduce::info() const {
  return {kReduce,
          "One scalar from all elements, in the order they lie in memory",
          {{"x", "floats or integers"}},
          {{"result", "a scalar of the same dtype"}},
          {Option(Type::text, "op", "what becomes of the elements").otherwise("\"sum\"").one_of("sum|max|min")}};
}

Inference Reduce::infer(const Call& call) const {
  const Spec input = only_input(kReduce, call);
  with_type(input.dtype, kReduce, [](auto) {});
  if (way_of(call) != Way::sum && bytes_of(input.dtype, input.shape) == 0U)
    reject(kReduce, "input 'x' is " + to_text(input) + ": without elements it has no largest or smallest one");
  Inference inference = like(input, 1);
  inference.bytes /= 2;
  inference.results = {static_spec(input.dtype, {})};
  return inference;
}

std::unique_ptr<Kernel> Reduce::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return kernel_for<ReduceKernel>(call.input(0).dtype, kReduce, way_of(call));
}

}  // namespace stretto::tensor
