// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The library's device code, by what it works on. Every kernel takes one plain struct, so that who launches it and who
/// wrote it can't disagree on its arguments. All pointers are the device's.

#include "cuda_call.h"
#include "stretto/value.h"

#include <algorithm>

namespace stretto::tensor {

/// A kernel that takes a `Work`, with threads and blocks as its comment says.
template <class Work>
struct Program {
  const void* function;
};

/// Every element becomes the scalar, converted: floats take the nearest number, ties to even; integers drop the
/// fraction. What does not fit into an integer becomes its nearest limit and NaN 0, since nothing can refuse data on a
/// stream. Threads of all blocks share the elements.
struct FillWork {
  const void* scalar;
  void* result;
  uint64_t elements;
  stretto_dtype from;
  stretto_dtype to;
};
Program<FillWork> fill_program();

/// The sum, left to right; 16-bit floats in f32, rounded once. Threads of all blocks share the elements.
struct AddWork {
  static constexpr uint32_t kMostInputs = 256;
  void* result;
  uint64_t elements;
  uint32_t count;
  const void* inputs[kMostInputs];
};
Program<AddWork> add_program(DType dtype);

/// Each element times the factor, in f64 rounded once; integers wrap around. Threads of all blocks share the elements.
struct ScaleWork {
  const void* input;
  void* result;
  uint64_t elements;
  double factor;
};
Program<ScaleWork> scale_program(DType dtype);

/// Adds the input to the totals, and rounds them to the result. Threads of all blocks share the elements.
struct RunningSumWork {
  const void* input;
  void* totals;  ///< f32 for 16-bit floats, else the dtype itself
  void* result;
  uint64_t elements;
};
Program<RunningSumWork> running_sum_program(DType dtype);

/// One scalar from all elements, in the order they lie in memory, as on the host and with the same bits: floats give
/// another sum in another order. So one thread of one block adds what the others fetch.
struct ReduceWork {
  static constexpr uint32_t kThreads = 256;
  const void* input;
  void* result;
  uint64_t elements;
  int32_t way;  ///< a Way
};
Program<ReduceWork> reduce_program(DType dtype);

/// FNV-1a over the bytes, which has one order too. One block.
struct ChecksumWork {
  static constexpr uint32_t kThreads = 256;
  const void* input;
  uint64_t* result;
  uint64_t bytes;
};
Program<ChecksumWork> checksum_program();

/// One thread.
struct DescribeWork {
  const void* input;
  uint64_t elements;
  stretto_dtype dtype;
  int32_t rank;
  int64_t shape[STRETTO_MAX_RANK];
  char name[8];
  int32_t name_length;
  float* value;
  int64_t* shape_result;
  char* name_result;
};
Program<DescribeWork> describe_program();

/// Holds the lane. One thread.
struct HoldWork {
  uint64_t nanoseconds;
};
Program<HoldWork> hold_program();

/// Has the kernel's code on the current device, so that no launch has to load it. May block.
template <class Work>
void load(Program<Work> program) {
  cudaFuncAttributes attributes{};
  cuda::check("cudaFuncGetAttributes", cudaFuncGetAttributes(&attributes, program.function));
}

/// Enqueues `blocks` blocks of `threads` threads.
template <class Work>
void enqueue(Program<Work> program, const Work& work, uint32_t blocks, uint32_t threads, cudaStream_t stream) {
  void* arguments[] = {const_cast<Work*>(&work)};
  cuda::check("cudaLaunchKernel",
              cudaLaunchKernel(program.function, dim3(blocks), dim3(threads), arguments, size_t{0}, stream));
}

/// As many threads as elements, up to what fills any GPU; each then takes several. Nothing for no elements.
template <class Work>
void enqueue_over(Program<Work> program, const Work& work, uint64_t elements, cudaStream_t stream) {
  constexpr uint64_t kThreads = 256;
  constexpr uint64_t kMostBlocks = 4096;
  if (elements == 0) return;
  const uint64_t blocks = std::min((elements + kThreads - 1) / kThreads, kMostBlocks);
  enqueue(program, work, static_cast<uint32_t>(blocks), static_cast<uint32_t>(kThreads), stream);
}

}  // namespace stretto::tensor
