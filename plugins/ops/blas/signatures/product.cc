// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "product.h"

#include <algorithm>

namespace stretto::blas {
namespace {

void check_inner(std::span<const int64_t> a, std::span<const int64_t> b, const Limits& limits) {
  if (a[1] != b[0] && a[1] >= 0 && b[0] >= 0)
    reject("input 'a' is " + to_text(a) + " and input 'b' is " + to_text(b) +
           ", expected as many rows in b as columns in a");
  for (const int64_t dimension : {a[0], a[1], b[0], b[1]})
    if (dimension > limits.most_dimension)
      reject("a dimension of " + std::to_string(dimension) + " is more than the " +
             std::to_string(limits.most_dimension) + " that this BLAS counts to");
}

std::string names_of(std::span<const DType> dtypes) {
  std::string names;
  for (size_t i = 0; i < dtypes.size(); ++i)
    names += (i == 0 ? "" : i + 1 == dtypes.size() ? " or " : ", ") + std::string("both of ") + to_text(dtypes[i]);
  return names;
}

/// Where a factor is bounded by bytes, so is each of its dimensions; 0 where it is not.
double most(const Spec& spec, size_t axis) {
  if (spec.shape[axis] >= 0) return static_cast<double>(spec.shape[axis]);
  const int64_t other = std::max<int64_t>(spec.shape[1 - axis], 1);
  const uint64_t rows = spec.max_bytes / spec.dtype.bytes() / static_cast<uint64_t>(other);  // whole ones
  return static_cast<double>(rows);
}

}  // namespace

void reject(const std::string& what) { throw Error(Code::invalid_argument, "matmul: " + what); }

OpInfo product_info(std::vector<Option> args) {
  return {"matmul",
          "The product of two matrices",
          {{"a", "a matrix of floats"}, {"b", "a matrix of the same dtype, with as many rows as a has columns"}},
          {{"product", "a times b"}},
          std::move(args),
          STRETTO_OP_CAPTURABLE};
}

Inference infer_product(const Call& call, const Limits& limits) {
  if (call.input_count() != 2) reject("it has " + std::to_string(call.input_count()) + " inputs, expected two");
  const Spec a = call.input(0);
  const Spec b = call.input(1);
  const bool known = std::ranges::find(limits.dtypes, a.dtype) != limits.dtypes.end();
  if (a.dtype != b.dtype || !known || a.shape.size() != 2 || b.shape.size() != 2)
    reject("input 'a' is " + to_text(a) + " and input 'b' is " + to_text(b) + ", expected two matrices, " +
           names_of(limits.dtypes));
  check_inner(a.shape, b.shape, limits);
  Spec product{a.dtype, {a.shape[0], b.shape[1]}};
  const double product_bytes = most(a, 0) * most(b, 1) * static_cast<double>(a.dtype.bytes());
  product.max_bytes = product.dynamic() ? static_cast<uint64_t>(std::min(product_bytes, 0x1p62))
                                        : bytes_of(product.dtype, product.shape).value_or(0);
  Inference inference;
  const double k = a.shape[1] >= 0 ? most(a, 1) : most(b, 0);
  inference.flops = 2 * most(a, 0) * k * most(b, 1);
  inference.bytes = static_cast<double>(a.dtype.bytes()) * (most(a, 0) * k + k * most(b, 1) + most(a, 0) * most(b, 1));
  inference.results = {std::move(product)};
  return inference;
}

Dimensions shape_product(const Launch& launch, const Limits& limits) {
  const auto a = launch.input(0).shape();
  const auto b = launch.input(1).shape();
  check_inner(a, b, limits);
  const std::array<int64_t, 2> shape{a[0], b[1]};
  launch.result(0).resize(shape);
  return {a[0], a[1], b[1]};
}

}  // namespace stretto::blas
