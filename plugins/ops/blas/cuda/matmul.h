// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Matrix products.

#include "stretto/op.h"

namespace stretto::blas {

/// a (n x k) times b (k x m), in f16, bf16, f32 or f64, by cuBLASLt. Pure; enqueues on the lane. Products of static
/// shapes are chosen and run once when they are prepared, so that no launch loads code; those of dynamic shapes choose
/// anew where the shape differs from the last launch's, and may have to load code then (CUDA_MODULE_LOADING=EAGER in
/// the environment has all of cuBLAS loaded beforehand).
class Matmul final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

}  // namespace stretto::blas
