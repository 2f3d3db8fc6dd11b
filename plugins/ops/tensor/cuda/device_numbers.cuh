// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Element types in device code: the host's, with the hardware's conversions of 16-bit floats. Both round to nearest,
/// ties to even, so host and device agree on every bit but a NaN's.

#include "numbers.h"

#include <cuda_bf16.h>
#include <cuda_fp16.h>

namespace stretto::tensor {

template <class T>
__device__ Wide<T> wide(T value) {
  if constexpr (std::is_same_v<T, F16>)
    return __half2float(__ushort_as_half(value.bits));
  else if constexpr (std::is_same_v<T, BF16>)
    return __bfloat162float(__ushort_as_bfloat16(value.bits));
  else
    return value;
}

/// From a Wide<T>, or from a double for floats.
template <class T, class From>
__device__ T narrow(From value) {
  if constexpr (std::is_same_v<T, F16> && std::is_same_v<From, double>)
    return {__half_as_ushort(__double2half(value))};
  else if constexpr (std::is_same_v<T, BF16> && std::is_same_v<From, double>)
    return {__bfloat16_as_ushort(__double2bfloat16(value))};
  else if constexpr (std::is_same_v<T, F16>)
    return {__half_as_ushort(__float2half_rn(static_cast<float>(value)))};
  else if constexpr (std::is_same_v<T, BF16>)
    return {__bfloat16_as_ushort(__float2bfloat16_rn(static_cast<float>(value)))};
  else
    return static_cast<T>(value);
}

/// Calls `body(T{})` with the type of a number's dtype; not at all for other types.
template <class Body>
__device__ void with_device_type(stretto_dtype dtype, Body body) {
  const int key = dtype.code * 256 + dtype.bits;
  switch (key) {
    case 0 * 256 + 8: return body(int8_t{});
    case 0 * 256 + 16: return body(int16_t{});
    case 0 * 256 + 32: return body(int32_t{});
    case 0 * 256 + 64: return body(int64_t{});
    case 1 * 256 + 8: return body(uint8_t{});
    case 1 * 256 + 16: return body(uint16_t{});
    case 1 * 256 + 32: return body(uint32_t{});
    case 1 * 256 + 64: return body(uint64_t{});
    case 2 * 256 + 16: return body(F16{});
    case 2 * 256 + 32: return body(float{});
    case 2 * 256 + 64: return body(double{});
    case 4 * 256 + 16: return body(BF16{});
    default: return;
  }
}

}  // namespace stretto::tensor
