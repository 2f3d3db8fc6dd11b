// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Matrix products.

#include "stretto/op.h"

namespace stretto::blas {

/// a (n x k) times b (k x m), in f32 or f64, by OpenBLAS. Pure; computes before launch returns.
class Matmul final : public Op {
 public:
  OpInfo info() const override;
  Inference infer(const Call& call) const override;
  std::unique_ptr<Kernel> prepare(const Call& call, const stretto_native& lane) const override;
};

}  // namespace stretto::blas
