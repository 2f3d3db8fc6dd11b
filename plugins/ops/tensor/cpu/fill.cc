// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "ops.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace stretto::tensor {
namespace {

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

std::unique_ptr<Kernel> Fill::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return kernel_for<FillWith>(call.args().dtype("dtype"), kFill, call.input(0).dtype);
}

}  // namespace stretto::tensor
