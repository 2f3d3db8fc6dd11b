// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The device code of the library, as the host enqueues it. Without CUDA's language, so that a twin for the host can
/// read it.

#include "kernels.h"

namespace stretto::collective {

/// Reduces the inputs, element by element in their order; 16-bit floats in f32, rounded once. Threads of all blocks
/// share the elements.
struct FoldWork {
  static constexpr uint32_t kMostInputs = 256;
  void* result;
  uint64_t begin;     ///< the first element of every input that is taken
  uint64_t elements;  ///< that the result has
  uint32_t count;
  int32_t reduction;  ///< stretto_reduction
  const void* inputs[kMostInputs];
};
tensor::Program<FoldWork> fold_program(DType dtype);

}  // namespace stretto::collective
