// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"
#include "ops.h"

#include <algorithm>
#include <array>

namespace stretto::collective {
namespace {

using tensor::nearest;
using tensor::Wide;
using tensor::widened;

template <class T>
T product(T a, T b) {
  if constexpr (std::integral<T>)
    return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
  else
    return a * b;
}

/// Calls `body` with what makes one number of two, of the type that reductions of T are held in.
template <class T, class Body>
void with_reduction(stretto_reduction reduction, Body&& body) {
  using W = Wide<T>;
  switch (reduction) {
    case STRETTO_REDUCE_SUM: return body([](W a, W b) { return tensor::sum(a, b); });
    case STRETTO_REDUCE_PRODUCT: return body([](W a, W b) { return product(a, b); });
    case STRETTO_REDUCE_MIN: return body([](W a, W b) { return b < a ? b : a; });
    case STRETTO_REDUCE_MAX: return body([](W a, W b) { return a < b ? b : a; });
  }
}

/// Reduces `count` elements of every input, from element `begin` on, in the order of the inputs. In pieces that stay
/// in the nearest cache, so that each input is read once and in a straight line.
template <class T, class Combine>
void reduce(const Launch& launch, uint64_t begin, uint64_t count, T* to, const Combine& combine) {
  constexpr uint64_t kPiece = 1024;
  std::array<Wide<T>, kPiece> totals;
  for (uint64_t at = 0; at < count; at += kPiece) {
    const uint64_t length = std::min(kPiece, count - at);
    for (uint32_t i = 0; i < launch.input_count(); ++i) {
      const T* from = launch.input(i).template data<const T>() + begin + at;
      if (i == 0)
        for (uint64_t k = 0; k < length; ++k) totals[k] = widened(from[k]);
      else
        for (uint64_t k = 0; k < length; ++k) totals[k] = combine(totals[k], widened(from[k]));
    }
    for (uint64_t k = 0; k < length; ++k) to[at + k] = nearest<T>(totals[k]);
  }
}

template <class T>
class AllReduceKernel final : public Kernel {
 public:
  explicit AllReduceKernel(stretto_reduction reduction) : reduction_(reduction) {}
  void launch(const Launch& launch) override {
    shape_reduced(launch);
    with_reduction<T>(reduction_, [&](const auto& combine) {
      reduce(launch, 0, launch.input(0).elements(), launch.result(0).template data<T>(), combine);
    });
  }

 private:
  stretto_reduction reduction_;
};

template <class T>
class ReduceScatterKernel final : public Kernel {
 public:
  ReduceScatterKernel(stretto_reduction reduction, uint32_t member, uint32_t members)
      : reduction_(reduction), member_(member), members_(members) {}
  void launch(const Launch& launch) override {
    shape_scattered(launch, members_);
    const uint64_t count = launch.input(0).elements() / members_;
    with_reduction<T>(reduction_, [&](const auto& combine) {
      reduce(launch, member_ * count, count, launch.result(0).template data<T>(), combine);
    });
  }

 private:
  stretto_reduction reduction_;
  uint32_t member_, members_;
};

}  // namespace

std::unique_ptr<Kernel> AllReduce::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return tensor::kernel_for<AllReduceKernel>(call.input(0).dtype, kAllReduce, reduction_of(call));
}

std::unique_ptr<Kernel> ReduceScatter::prepare(const Call& call, const stretto_native& /*lane*/) const {
  return tensor::kernel_for<ReduceScatterKernel>(call.input(0).dtype, kReduceScatter, reduction_of(call), call.member(),
                                                 call.member_count());
}

}  // namespace stretto::collective
