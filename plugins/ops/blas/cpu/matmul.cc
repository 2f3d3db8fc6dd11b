// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "matmul.h"

#include "processor.h"
#include "product.h"
#include "threads.h"

#include <algorithm>
#include <cblas.h>
#include <limits>

namespace stretto::blas {
namespace {

constexpr std::array<DType, 2> kTypes{kF32, kF64};
constexpr Limits kLimits{kTypes, std::numeric_limits<blasint>::max()};

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
    const auto [n, k, m] = shape_product(launch, kLimits);
    const ResultView result = launch.result(0);
    T* to = result.data<T>();
    if (result.elements() == 0) return;
    if (k == 0) {  // a sum of nothing, which BLAS need not store
      std::fill_n(to, result.elements(), T{});
      return;
    }
    multiply(static_cast<blasint>(n), static_cast<blasint>(m), static_cast<blasint>(k),
             launch.input(0).template data<const T>(), launch.input(1).template data<const T>(), to);
  }

 private:
  ThreadNumber threads_;
};

}  // namespace

OpInfo Matmul::info() const {
  return product_info({Option(Type::integer, "threads", "of OpenBLAS; one number for all nodes of a process")
                           .otherwise("1")
                           .at_least(1)
                           .at_most(1024)});
}

Inference Matmul::infer(const Call& call) const { return infer_product(call, kLimits); }

std::unique_ptr<Kernel> Matmul::prepare(const Call& call, const stretto_native& /*lane*/) const {
  warn_of_unknown_processor();
  const auto threads = static_cast<int>(call.args().integer("threads"));
  if (call.input(0).dtype == kF32) return std::make_unique<MatmulKernel<float>>(threads);
  return std::make_unique<MatmulKernel<double>>(threads);
}

}  // namespace stretto::blas
