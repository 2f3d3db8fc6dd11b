// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0

/// The calls of cuBLASLt that the plugins make, on the fake machine: products element by element.

#include "machine.h"
#include "numbers.h"
#include "stretto/error.h"

#include <cublasLt.h>

namespace stretto::fake {
namespace {

struct Description {
  cublasComputeType_t compute;
  cudaDataType_t scale;
};
struct Layout {
  cudaDataType_t type;
  uint64_t rows, columns;
  int64_t leading;
  uint64_t elements() const { return columns == 0 ? 0 : (columns - 1) * static_cast<uint64_t>(leading) + rows; }
};

template <class T>
void multiply(const Layout& a, const T* left, const Layout& b, const T* right, const Layout& d, T* result) {
  using Sum = std::conditional_t<tensor::Narrow<T>, float, T>;
  for (uint64_t column = 0; column < d.columns; ++column)
    for (uint64_t row = 0; row < d.rows; ++row) {
      Sum total{};
      for (uint64_t k = 0; k < a.columns; ++k)
        total += tensor::widened(left[k * static_cast<uint64_t>(a.leading) + row]) *
                 tensor::widened(right[column * static_cast<uint64_t>(b.leading) + k]);
      result[column * static_cast<uint64_t>(d.leading) + row] = tensor::nearest<T>(total);
    }
}

template <class Body>
void with_data_type(cudaDataType_t type, Body&& body) {
  if (type == CUDA_R_16F) return body(std::type_identity<tensor::F16>());
  if (type == CUDA_R_16BF) return body(std::type_identity<tensor::BF16>());
  if (type == CUDA_R_32F) return body(std::type_identity<float>());
  if (type == CUDA_R_64F) return body(std::type_identity<double>());
  throw Error(Code::unimplemented, "FAKE cuBLASLt: a data type without a twin");
}

uint64_t size_of(cudaDataType_t type) {
  uint64_t size = 0;
  with_data_type(type, [&]<class T>(std::type_identity<T>) { size = sizeof(T); });
  return size;
}

const Layout& real(cublasLtMatrixLayout_t layout) { return *reinterpret_cast<const Layout*>(layout); }

}  // namespace
}  // namespace stretto::fake

using namespace stretto::fake;

extern "C" {

const char* cublasLtGetStatusName(cublasStatus_t status) {
  return status == CUBLAS_STATUS_SUCCESS ? "CUBLAS_STATUS_SUCCESS" : "FAKE";
}
const char* cublasLtGetStatusString(cublasStatus_t /*status*/) { return "FAKE cuBLASLt"; }
cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = reinterpret_cast<cublasLtHandle_t>(new int(0));
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete reinterpret_cast<int*>(handle);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* description, cublasComputeType_t compute,
                                        cudaDataType_t scale) {
  *description = reinterpret_cast<cublasLtMatmulDesc_t>(new Description{compute, scale});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t description) {
  delete reinterpret_cast<Description*>(description);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* layout, cudaDataType type, uint64_t rows,
                                          uint64_t columns, int64_t leading) {
  if (leading < static_cast<int64_t>(rows)) return CUBLAS_STATUS_INVALID_VALUE;
  *layout = reinterpret_cast<cublasLtMatrixLayout_t>(new Layout{type, rows, columns, leading});
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(const cublasLtMatrixLayout_t layout) {
  delete reinterpret_cast<Layout*>(layout);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* preference) {
  *preference = reinterpret_cast<cublasLtMatmulPreference_t>(new uint64_t(0));
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t preference) {
  delete reinterpret_cast<uint64_t*>(preference);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t preference,
                                                    cublasLtMatmulPreferenceAttributes_t attribute, const void* value,
                                                    size_t bytes) {
  if (attribute != CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES || bytes != sizeof(uint64_t))
    return CUBLAS_STATUS_INVALID_VALUE;
  *reinterpret_cast<uint64_t*>(preference) = *static_cast<const uint64_t*>(value);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t /*handle*/, cublasLtMatmulDesc_t /*operation*/,
                                              cublasLtMatrixLayout_t a, cublasLtMatrixLayout_t b,
                                              cublasLtMatrixLayout_t c, cublasLtMatrixLayout_t d,
                                              cublasLtMatmulPreference_t /*preference*/, int wanted,
                                              cublasLtMatmulHeuristicResult_t results[], int* found) {
  const bool fits = real(a).columns == real(b).rows && real(d).rows == real(a).rows &&
                    real(d).columns == real(b).columns && real(c).type == real(d).type;
  if (!fits || wanted < 1) return CUBLAS_STATUS_INVALID_VALUE;
  results[0] = {};
  *found = 1;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmul(cublasLtHandle_t /*handle*/, cublasLtMatmulDesc_t /*description*/, const void* /*alpha*/,
                              const void* left, cublasLtMatrixLayout_t left_layout, const void* right,
                              cublasLtMatrixLayout_t right_layout, const void* /*beta*/, const void* /*c*/,
                              cublasLtMatrixLayout_t /*c_layout*/, void* result, cublasLtMatrixLayout_t result_layout,
                              const cublasLtMatmulAlgo_t* /*algorithm*/, void* workspace, size_t workspace_bytes,
                              cudaStream_t stream) {
  try {
    const Layout a = real(left_layout);
    const Layout b = real(right_layout);
    const Layout d = real(result_layout);
    const uint64_t size = size_of(d.type);
    Operation operation{"cublasLtMatmul",
                        {{left, a.elements() * size, false},
                         {right, b.elements() * size, false},
                         {result, d.elements() * size, true},
                         {workspace, workspace_bytes, true}},
                        nullptr,
                        [=] {
                          auto& machine = Machine::instance();
                          with_data_type(d.type, [&]<class T>(std::type_identity<T>) {
                            multiply(a, static_cast<const T*>(machine.translate(left, a.elements() * size)), b,
                                     static_cast<const T*>(machine.translate(right, b.elements() * size)), d,
                                     static_cast<T*>(machine.translate(result, d.elements() * size)));
                          });
                        },
                        {}};
    Machine::instance().enqueue(reinterpret_cast<Stream*>(stream), std::move(operation));
    return CUBLAS_STATUS_SUCCESS;
  } catch (const stretto::Error& error) {
    Machine::instance().violation(error.what());
    return CUBLAS_STATUS_EXECUTION_FAILED;
  }
}

}  // extern "C"
