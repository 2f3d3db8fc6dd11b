// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "call.h"
#include "numbers.h"
#include "ops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace stretto::tensor {
namespace {

constexpr const char* kFill = "fill";

template <class To, class From>
[[noreturn]] void does_not_fit(From value) {
  reject(kFill, "the value " + std::to_string(value) + " does not fit into an integer of " +
                    std::to_string(8 * sizeof(To)) + " bits");
}

/// Floats take the nearest number; integers drop the fraction and refuse what is out of their range.
template <class To, class From>
To converted(From from) {
  const Wide<From> value = widened(from);
  if constexpr (std::integral<To> && std::integral<From>) {
    if (!std::in_range<To>(value)) does_not_fit<To>(value);
    return static_cast<To>(value);
  } else if constexpr (std::integral<To>) {
    // The upper limit plus one is a power of two, and so exact; NaN fails both.
    const double past = std::ldexp(1.0, std::numeric_limits<To>::digits);
    const double least = std::is_signed_v<To> ? -past : 0.0;
    const double whole = std::trunc(static_cast<double>(value));
    if (!(whole >= least && whole < past)) does_not_fit<To>(value);
    return static_cast<To>(whole);
  } else {
    return nearest<To>(value);
  }
}

/// The shape as the launch has it: the result's own, or the second input's.
class FillKernel : public Kernel {
 protected:
  static void set_shape(const Launch& launch) {
    if (launch.input_count() == 1) return;
    const TensorView wanted = launch.input(1);
    std::array<int64_t, STRETTO_MAX_RANK> shape{};
    const uint64_t rank = wanted.elements();
    if (rank != launch.result(0).shape().size())
      reject(kFill, "input 'shape' has " + std::to_string(rank) + " elements, expected " +
                        std::to_string(launch.result(0).shape().size()));
    for (uint64_t i = 0; i < rank; ++i) {
      shape[i] = wanted.data<const int64_t>()[i];
      if (shape[i] < 0)
        reject(kFill, "input 'shape' has the element " + std::to_string(shape[i]) + ", expected 0 or more");
    }
    launch.result(0).resize({shape.data(), rank});
  }
};

template <class To>
class FillWith final : public FillKernel {
 public:
  explicit FillWith(DType from) : from_(from) {}
  void launch(const Launch& launch) override {
    set_shape(launch);
    const ResultView result = launch.result(0);
    with_type(from_, kFill, [&]<class From>(std::type_identity<From>) {
      std::fill_n(result.data<To>(), result.elements(), converted<To>(*launch.input(0).data<const From>()));
    });
  }

 private:
  DType from_;
};

}  // namespace

OpInfo Fill::info() const {
  return {kFill,
          "A new value with every element the same",
          {{"value", "a scalar: what every element becomes, converted to the dtype"},
           {"shape", "a vector of i64: the shape, execution by execution", STRETTO_PORT_OPTIONAL}},
          {{"result", "the filled value"}},
          {Option(Type::integers, "shape", "the shape, where the input 'shape' is left out").at_least(0),
           Option(Type::dtype, "dtype", "the element type").needed(),
           Option(Type::bytes, "max_bytes", "bounds the result, where the input 'shape' is given").at_least(0)}};
}

Inference Fill::infer(const Call& call) const {
  if (call.input_count() == 0 || call.port_count(0) != 1) reject(kFill, "input 'value' is missing");
  const Spec value = call.input(0);
  const DType dtype = call.args().dtype("dtype");
  if (!value.shape.empty()) reject(kFill, "input 'value' is " + to_text(value) + ", expected a scalar");
  for (const DType known : {value.dtype, dtype}) with_type(known, kFill, [](auto) {});
  const bool stated = call.args().has("shape");
  Inference inference;
  if (call.input_count() == 1) {
    if (!stated) reject(kFill, "its shape is not known: give args.shape, or an input 'shape'");
    if (call.args().has("max_bytes")) reject(kFill, "max_bytes bounds a shape that is an input; args.shape needs none");
    const auto shape = call.args().integers("shape");
    if (shape.size() > STRETTO_MAX_RANK)
      reject(kFill, "args.shape has " + std::to_string(shape.size()) + " dimensions, expected " +
                        std::to_string(STRETTO_MAX_RANK) + " at most");
    inference.results = {static_spec(dtype, {shape.begin(), shape.end()})};
  } else {
    if (stated) reject(kFill, "its shape is given twice, in args.shape and by the input 'shape': drop one");
    const Spec shape = call.input(1);
    if (shape.dtype != kI64 || shape.shape.size() != 1 || shape.dynamic())
      reject(kFill, "input 'shape' is " + to_text(shape) + ", expected a vector i64[n] of known length");
    if (shape.shape[0] > STRETTO_MAX_RANK)
      reject(kFill, "input 'shape' has " + std::to_string(shape.shape[0]) + " elements, expected " +
                        std::to_string(STRETTO_MAX_RANK) + " at most");
    Spec result{dtype, Shape(static_cast<size_t>(shape.shape[0]), -1)};
    result.max_bytes = result.dynamic() ? 0 : dtype.bytes();
    if (call.args().has("max_bytes")) result.max_bytes = call.args().bytes("max_bytes");
    inference.results = {std::move(result)};
  }
  inference.bytes = static_cast<double>(inference.results[0].max_bytes);
  return inference;
}

std::unique_ptr<Kernel> Fill::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return kernel_for<FillWith>(call.args().dtype("dtype"), kFill, call.input(0).dtype);
}

}  // namespace stretto::tensor
