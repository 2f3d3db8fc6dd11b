// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#pragma once

/// cuBLASLt, wrapped: the one place of this plugin that spells its types and errors.

#include "cuda_call.h"
#include "product.h"

#include <cublasLt.h>

namespace stretto::blas {

/// How f32 is multiplied. f16 and bf16 are always multiplied exactly and added in f32, f64 in f64.
enum class Math { ieee, tf32 };

/// Row-major matrix products of one dtype with one algorithm, chosen for one set of dimensions at a time.
/// One thread at a time; the GPU that was current when it was made has to be current in every call.
class LtProduct {
 public:
  /// Throws Code::unavailable where cuBLASLt does not start.
  LtProduct(DType dtype, Math math, uint64_t workspace_bytes);
  LtProduct(const LtProduct&) = delete;
  LtProduct& operator=(const LtProduct&) = delete;
  ~LtProduct();
  /// Chooses the algorithm. Touches no memory of the device. Does nothing for the dimensions of the last call.
  /// Throws Code::unavailable where there is none for these dimensions and this workspace.
  void choose(const Dimensions& dimensions);
  /// Enqueues c = a * b with the algorithm that was chosen last.
  void enqueue(const void* a, const void* b, void* c, void* workspace, cudaStream_t stream);

 private:
  void forget_layouts() noexcept;
  cudaDataType_t type_;
  uint64_t workspace_bytes_;
  bool doubles_;
  cublasLtHandle_t handle_ = nullptr;
  cublasLtMatmulDesc_t operation_ = nullptr;
  cublasLtMatrixLayout_t a_ = nullptr;
  cublasLtMatrixLayout_t b_ = nullptr;
  cublasLtMatrixLayout_t c_ = nullptr;
  cublasLtMatmulAlgo_t algorithm_{};
  Dimensions chosen_{-1, -1, -1};
};

}  // namespace stretto::blas
