// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// What a matrix product is on every kind of device.

#include "stretto/op.h"

#include <array>

namespace stretto::blas {

/// What one device's product takes.
struct Limits {
  std::span<const DType> dtypes;
  int64_t most_dimension;  ///< that its library counts to
};

/// Throws Code::invalid_argument "matmul: what".
[[noreturn]] void reject(const std::string& what);

/// a (n x k) times b (k x m). Name, ports and summary; the arguments are each device's.
OpInfo product_info(std::vector<Option> args);
/// Throws Code::invalid_argument where the inputs are no two matrices of one of the dtypes that fit together.
Inference infer_product(const Call& call, const Limits& limits);

/// n, k, m of one launch. Throws Code::invalid_argument where the factors do not fit together; sets the result's shape,
/// which throws Code::overloaded as ResultView::resize does.
struct Dimensions {
  int64_t n, k, m;
  friend bool operator==(const Dimensions&, const Dimensions&) = default;
};
Dimensions shape_product(const Launch& launch, const Limits& limits);

}  // namespace stretto::blas
