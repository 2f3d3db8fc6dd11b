// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "device_numbers.cuh"
#include "fold.h"

namespace stretto::collective {
namespace {

using tensor::Wide;

template <class T>
__device__ T combined(int32_t reduction, T a, T b) {
  switch (reduction) {
    case STRETTO_REDUCE_PRODUCT:
      if constexpr (std::is_integral_v<T>)
        return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
      else
        return a * b;
    case STRETTO_REDUCE_MIN: return b < a ? b : a;
    case STRETTO_REDUCE_MAX: return a < b ? b : a;
    default: return tensor::sum(a, b);
  }
}

template <class T>
__global__ void fold(FoldWork work) {
  const uint64_t stride = uint64_t{gridDim.x} * blockDim.x;
  for (uint64_t at = uint64_t{blockIdx.x} * blockDim.x + threadIdx.x; at < work.elements; at += stride) {
    const auto element = [&](uint32_t i) {
      return tensor::wide(static_cast<const T*>(work.inputs[i])[work.begin + at]);
    };
    Wide<T> total = element(0);
    for (uint32_t i = 1; i < work.count; ++i) total = combined<Wide<T>>(work.reduction, total, element(i));
    static_cast<T*>(work.result)[at] = tensor::narrow<T>(total);
  }
}

}  // namespace

tensor::Program<FoldWork> fold_program(DType dtype) {
  return tensor::with_type(dtype, "fold", []<class T>(std::type_identity<T>) {
    return tensor::Program<FoldWork>{reinterpret_cast<const void*>(&fold<T>)};
  });
}

}  // namespace stretto::collective
