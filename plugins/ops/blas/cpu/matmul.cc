// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "matmul.h"

#include "threads.h"

#include <algorithm>
#include <array>
#include <cblas.h>
#include <limits>

namespace stretto::blas {
namespace {

[[noreturn]] void reject(const std::string& what) { throw Error(Code::invalid_argument, "matmul: " + what); }

void check_inner(std::span<const int64_t> a, std::span<const int64_t> b) {
  if (a[1] != b[0] && a[1] >= 0 && b[0] >= 0)
    reject("input 'a' is " + to_text(a) + " and input 'b' is " + to_text(b) +
           ", expected as many rows in b as columns in a");
  for (const int64_t dimension : {a[0], a[1], b[0], b[1]})
    if (dimension > std::numeric_limits<blasint>::max())
      reject("a dimension of " + std::to_string(dimension) + " is more than the " +
             std::to_string(std::numeric_limits<blasint>::max()) + " that this BLAS counts to");
}

void multiply(blasint n, blasint m, blasint k, const float* a, const float* b, float* c) {
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, m, k, 1, a, std::max(k, 1), b, m, 0, c, m);
}
void multiply(blasint n, blasint m, blasint k, const double* a, const double* b, double* c) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, m, k, 1, a, std::max(k, 1), b, m, 0, c, m);
}

template <class T>
class MatmulKernel final : public Kernel {
 public:
  explicit MatmulKernel(int threads) : threads_(threads) {}
  void launch(const Launch& launch) override {
    const TensorView a = launch.input(0);
    const TensorView b = launch.input(1);
    check_inner(a.shape(), b.shape());
    const std::array<int64_t, 2> shape{a.shape()[0], b.shape()[1]};
    ResultView result = launch.result(0);
    result.resize(shape);
    T* to = result.data<T>();
    if (result.elements() == 0) return;
    const auto k = static_cast<blasint>(a.shape()[1]);
    if (k == 0) {  // a sum of nothing, which BLAS need not store
      std::fill_n(to, result.elements(), T{});
      return;
    }
    multiply(static_cast<blasint>(shape[0]), static_cast<blasint>(shape[1]), k, a.data<const T>(), b.data<const T>(),
             to);
  }

 private:
  ThreadNumber threads_;
};

}  // namespace

OpInfo Matmul::info() const {
  return {"matmul",
          "The product of two matrices",
          {{"a", "a matrix of f32 or f64"}, {"b", "a matrix of the same dtype, with as many rows as a has columns"}},
          {{"product", "a times b"}},
          {Option(Type::integer, "threads", "of OpenBLAS; one number for all nodes of a process")
               .otherwise("1")
               .at_least(1)
               .at_most(1024)}};
}

Inference Matmul::infer(const Call& call) const {
  if (call.input_count() != 2) reject("it has " + std::to_string(call.input_count()) + " inputs, expected two");
  const Spec a = call.input(0);
  const Spec b = call.input(1);
  if (a.dtype != b.dtype || (a.dtype != kF32 && a.dtype != kF64) || a.shape.size() != 2 || b.shape.size() != 2)
    reject("input 'a' is " + to_text(a) + " and input 'b' is " + to_text(b) +
           ", expected two matrices, both of f32 or both of f64");
  check_inner(a.shape, b.shape);
  Spec product{a.dtype, {a.shape[0], b.shape[1]}};
  // Where a factor is bounded by bytes, so is each of its dimensions; 0 where it is not.
  const auto most = [](const Spec& spec, size_t axis) -> double {
    if (spec.shape[axis] >= 0) return static_cast<double>(spec.shape[axis]);
    const int64_t other = std::max<int64_t>(spec.shape[1 - axis], 1);
    const uint64_t rows = spec.max_bytes / spec.dtype.bytes() / static_cast<uint64_t>(other);  // whole ones
    return static_cast<double>(rows);
  };
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

std::unique_ptr<Kernel> Matmul::prepare(const Call& call, const stretto_native& /*lane*/) const {
  const auto threads = static_cast<int>(call.args().integer("threads"));
  if (call.input(0).dtype == kF32) return std::make_unique<MatmulKernel<float>>(threads);
  return std::make_unique<MatmulKernel<double>>(threads);
}

}  // namespace stretto::blas
