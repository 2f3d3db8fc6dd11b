// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "lt.h"

namespace stretto::blas {
namespace {

void check(const char* call, cublasStatus_t status) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  const Code code = status == CUBLAS_STATUS_ALLOC_FAILED      ? Code::overloaded
                    : status == CUBLAS_STATUS_NOT_INITIALIZED ? Code::unavailable
                    : status == CUBLAS_STATUS_ARCH_MISMATCH   ? Code::unavailable
                    : status == CUBLAS_STATUS_NOT_SUPPORTED   ? Code::unavailable
                                                              : Code::internal;
  throw Error(code,
              std::string(call) + ": " + cublasLtGetStatusString(status) + " (" + cublasLtGetStatusName(status) + ")");
}

struct Types {
  cudaDataType_t data;
  cublasComputeType_t compute;
  cudaDataType_t scale;
};

Types types_of(DType dtype, Math math) {
  if (dtype == kF16) return {CUDA_R_16F, CUBLAS_COMPUTE_32F, CUDA_R_32F};
  if (dtype == kBF16) return {CUDA_R_16BF, CUBLAS_COMPUTE_32F, CUDA_R_32F};
  if (dtype == kF64) return {CUDA_R_64F, CUBLAS_COMPUTE_64F, CUDA_R_64F};
  return {CUDA_R_32F, math == Math::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F};
}

class Preference {
 public:
  explicit Preference(uint64_t workspace_bytes) {
    check("cublasLtMatmulPreferenceCreate", cublasLtMatmulPreferenceCreate(&raw_));
    check("cublasLtMatmulPreferenceSetAttribute",
          cublasLtMatmulPreferenceSetAttribute(raw_, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &workspace_bytes,
                                               sizeof workspace_bytes));
  }
  Preference(const Preference&) = delete;
  Preference& operator=(const Preference&) = delete;
  ~Preference() { cublasLtMatmulPreferenceDestroy(raw_); }
  cublasLtMatmulPreference_t raw() const { return raw_; }

 private:
  cublasLtMatmulPreference_t raw_ = nullptr;
};

}  // namespace

LtProduct::LtProduct(DType dtype, Math math, uint64_t workspace_bytes)
    : type_(types_of(dtype, math).data), workspace_bytes_(workspace_bytes), doubles_(dtype == kF64) {
  const Types types = types_of(dtype, math);
  check("cublasLtCreate", cublasLtCreate(&handle_));
  check("cublasLtMatmulDescCreate", cublasLtMatmulDescCreate(&operation_, types.compute, types.scale));
}

LtProduct::~LtProduct() {
  forget_layouts();
  if (operation_ != nullptr) cublasLtMatmulDescDestroy(operation_);
  if (handle_ != nullptr) cublasLtDestroy(handle_);
}

void LtProduct::forget_layouts() noexcept {
  for (auto* layout : {&a_, &b_, &c_}) {
    if (*layout != nullptr) cublasLtMatrixLayoutDestroy(*layout);
    *layout = nullptr;
  }
  chosen_ = {-1, -1, -1};
}

// Row by row, a matrix lies as its transpose does column by column, as cuBLAS counts. So c = a b is computed as
// c' = b' a' without a transposition: m rows, n columns.
void LtProduct::choose(const Dimensions& dimensions) {
  if (dimensions == chosen_) return;
  forget_layouts();
  const auto n = static_cast<uint64_t>(dimensions.n);
  const auto k = static_cast<uint64_t>(dimensions.k);
  const auto m = static_cast<uint64_t>(dimensions.m);
  check("cublasLtMatrixLayoutCreate", cublasLtMatrixLayoutCreate(&b_, type_, m, k, dimensions.m));
  check("cublasLtMatrixLayoutCreate", cublasLtMatrixLayoutCreate(&a_, type_, k, n, dimensions.k));
  check("cublasLtMatrixLayoutCreate", cublasLtMatrixLayoutCreate(&c_, type_, m, n, dimensions.m));
  const Preference preference(workspace_bytes_);
  cublasLtMatmulHeuristicResult_t best{};
  int found = 0;
  check("cublasLtMatmulAlgoGetHeuristic",
        cublasLtMatmulAlgoGetHeuristic(handle_, operation_, b_, a_, c_, c_, preference.raw(), 1, &best, &found));
  if (found == 0)
    throw Error(Code::unavailable, "cuBLASLt has no algorithm for a product of " + std::to_string(n) + " x " +
                                       std::to_string(k) + " and " + std::to_string(k) + " x " + std::to_string(m) +
                                       " with a workspace of " + std::to_string(workspace_bytes_) + " bytes");
  algorithm_ = best.algo;
  chosen_ = dimensions;
}

void LtProduct::enqueue(const void* a, const void* b, void* c, void* workspace, cudaStream_t stream) {
  constexpr float kOne = 1;
  constexpr float kNone = 0;
  constexpr double kOneDouble = 1;
  constexpr double kNoneDouble = 0;
  const void* one = doubles_ ? static_cast<const void*>(&kOneDouble) : &kOne;
  const void* none = doubles_ ? static_cast<const void*>(&kNoneDouble) : &kNone;
  check("cublasLtMatmul", cublasLtMatmul(handle_, operation_, one, b, b_, a, a_, none, c, c_, c, c_, &algorithm_,
                                         workspace, workspace_bytes_, stream));
}

}  // namespace stretto::blas
