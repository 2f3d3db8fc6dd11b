// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "device_numbers.cuh"
#include "kernels.h"

#include <limits>
#include <utility>

namespace stretto::tensor {
namespace {

__device__ uint64_t first() { return uint64_t{blockIdx.x} * blockDim.x + threadIdx.x; }
__device__ uint64_t stride() { return uint64_t{gridDim.x} * blockDim.x; }

template <class To, class From>
__device__ To saturated(From value) {
  constexpr To kLeast = std::numeric_limits<To>::min();
  constexpr To kMost = std::numeric_limits<To>::max();
  if constexpr (std::is_integral_v<From>) {
    if (std::cmp_less(value, kLeast)) return kLeast;
    if (std::cmp_greater(value, kMost)) return kMost;
    return static_cast<To>(value);
  } else {
    const double whole = trunc(static_cast<double>(value));
    if (whole != whole) return 0;
    // The upper limit plus one is a power of two, and so exact.
    const double past = 2.0 * static_cast<double>(To{1} << (std::numeric_limits<To>::digits - 1));
    if (whole >= past) return kMost;
    if (whole < (std::is_signed_v<To> ? -past : 0.0)) return kLeast;
    return static_cast<To>(whole);
  }
}

template <class To, class From>
__device__ To converted(From from) {
  const Wide<From> value = wide(from);
  if constexpr (std::is_integral_v<To>)
    return saturated<To>(value);
  else if constexpr (Narrow<To>)
    return narrow<To>(static_cast<double>(value));
  else
    return static_cast<To>(value);
}

/// The element's bytes, as often as they fit into 64 bits.
template <class T>
__device__ uint64_t repeated(T value) {
  uint64_t bits = 0;
  memcpy(&bits, &value, sizeof value);
  for (unsigned width = 8 * sizeof value; width < 64; width *= 2) bits |= bits << width;
  return bits;
}

__global__ void fill(FillWork work) {
  uint64_t pattern = 0;
  uint32_t width = 0;
  with_device_type(work.to, [&](auto to) {
    with_device_type(work.from, [&](auto from) {
      pattern = repeated(converted<decltype(to)>(*static_cast<const decltype(from)*>(work.scalar)));
      width = sizeof to;
    });
  });
  const uint64_t bytes = work.elements * width;
  const uint64_t large = bytes / sizeof(ulonglong2);
  auto* to = static_cast<ulonglong2*>(work.result);
  for (uint64_t at = first(); at < large; at += stride()) to[at] = make_ulonglong2(pattern, pattern);
  // Elements divide 16 bytes, so the rest is whole ones; the pattern begins anew at its first byte.
  auto* rest = static_cast<unsigned char*>(work.result) + large * sizeof(ulonglong2);
  const uint64_t left = bytes - large * sizeof(ulonglong2);
  if (first() < left) rest[first()] = static_cast<unsigned char>(pattern >> (8 * (first() % 8)));
}

template <class T>
__global__ void add(AddWork work) {
  for (uint64_t at = first(); at < work.elements; at += stride()) {
    Wide<T> total = wide(static_cast<const T*>(work.inputs[0])[at]);
    for (uint32_t i = 1; i < work.count; ++i) total = sum(total, wide(static_cast<const T*>(work.inputs[i])[at]));
    static_cast<T*>(work.result)[at] = narrow<T>(total);
  }
}

template <class T>
__global__ void scale(ScaleWork work) {
  const auto* from = static_cast<const T*>(work.input);
  auto* to = static_cast<T*>(work.result);
  for (uint64_t at = first(); at < work.elements; at += stride()) {
    if constexpr (std::is_integral_v<T>)
      to[at] =
          static_cast<T>(static_cast<uint64_t>(from[at]) * static_cast<uint64_t>(static_cast<int64_t>(work.factor)));
    else
      to[at] = narrow<T>(static_cast<double>(wide(from[at])) * work.factor);
  }
}

template <class T>
__global__ void running_sum(RunningSumWork work) {
  auto* totals = static_cast<Wide<T>*>(work.totals);
  for (uint64_t at = first(); at < work.elements; at += stride()) {
    const Wide<T> total = sum(totals[at], wide(static_cast<const T*>(work.input)[at]));
    totals[at] = total;
    static_cast<T*>(work.result)[at] = narrow<T>(total);
  }
}

/// The larger or the smaller; a NaN once met stays.
template <class W>
__device__ W chosen(int32_t way, W best, W value) {
  if (way == 0) return sum(best, value);
  if (best != best) return best;
  if (value != value) return value;
  return (way == 1 ? value > best : value < best) ? value : best;
}

template <class T>
__global__ void reduce(ReduceWork work) {
  __shared__ Wide<T> fetched[ReduceWork::kThreads];
  const auto* from = static_cast<const T*>(work.input);
  Wide<T> total{};
  for (uint64_t begin = 0; begin < work.elements; begin += blockDim.x) {
    const uint64_t at = begin + threadIdx.x;
    if (at < work.elements) fetched[threadIdx.x] = wide(from[at]);
    __syncthreads();
    if (threadIdx.x == 0) {
      const uint64_t count = min(static_cast<uint64_t>(blockDim.x), work.elements - begin);
      for (uint64_t i = 0; i < count; ++i) total = begin + i == 0 ? fetched[0] : chosen(work.way, total, fetched[i]);
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) *static_cast<T*>(work.result) = narrow<T>(total);
}

__global__ void checksum(ChecksumWork work) {
  __shared__ unsigned char fetched[ChecksumWork::kThreads];
  uint64_t hash = 0xcbf29ce484222325;
  for (uint64_t begin = 0; begin < work.bytes; begin += blockDim.x) {
    const uint64_t at = begin + threadIdx.x;
    if (at < work.bytes) fetched[threadIdx.x] = static_cast<const unsigned char*>(work.input)[at];
    __syncthreads();
    if (threadIdx.x == 0) {
      const uint64_t count = min(static_cast<uint64_t>(blockDim.x), work.bytes - begin);
      for (uint64_t i = 0; i < count; ++i) hash = (hash ^ fetched[i]) * 0x100000001b3;
    }
    __syncthreads();
  }
  if (threadIdx.x == 0) *work.result = hash;
}

__global__ void describe(DescribeWork work) {
  *work.value = 0;
  if (work.elements != 0)
    with_device_type(work.dtype, [&](auto type) {
      *work.value = static_cast<float>(wide(*static_cast<const decltype(type)*>(work.input)));
    });
  for (int32_t i = 0; i < work.rank; ++i) work.shape_result[i] = work.shape[i];
  for (int32_t i = 0; i < work.name_length; ++i) work.name_result[i] = work.name[i];
}

__device__ uint64_t now() {
  uint64_t nanoseconds = 0;
  asm volatile("mov.u64 %0, %%globaltimer;" : "=l"(nanoseconds));
  return nanoseconds;
}

__global__ void hold(HoldWork work) {
  const uint64_t begin = now();
  while (now() - begin < work.nanoseconds) __nanosleep(1000);
}

template <class Work, class Kernel>
Program<Work> program(Kernel* kernel) {
  return {reinterpret_cast<const void*>(kernel)};
}

}  // namespace

Program<FillWork> fill_program() { return program<FillWork>(fill); }
Program<ChecksumWork> checksum_program() { return program<ChecksumWork>(checksum); }
Program<DescribeWork> describe_program() { return program<DescribeWork>(describe); }
Program<HoldWork> hold_program() { return program<HoldWork>(hold); }

Program<AddWork> add_program(DType dtype) {
  return with_type(dtype, "add", []<class T>(std::type_identity<T>) { return program<AddWork>(add<T>); });
}
Program<ScaleWork> scale_program(DType dtype) {
  return with_type(dtype, "scale", []<class T>(std::type_identity<T>) { return program<ScaleWork>(scale<T>); });
}
Program<RunningSumWork> running_sum_program(DType dtype) {
  return with_type(dtype, "running_sum",
                   []<class T>(std::type_identity<T>) { return program<RunningSumWork>(running_sum<T>); });
}
Program<ReduceWork> reduce_program(DType dtype) {
  return with_type(dtype, "reduce", []<class T>(std::type_identity<T>) { return program<ReduceWork>(reduce<T>); });
}

}  // namespace stretto::tensor
