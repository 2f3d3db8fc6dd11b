// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "cuda_call.h"
#include "matmul.h"

#ifndef STRETTO_NAME
#define STRETTO_NAME "blas"
#endif

STRETTO_PLUGIN(STRETTO_NAME "_cuda", "0.1.0",
               stretto::op_library_component<stretto::blas::Matmul>(STRETTO_NAME, "linear algebra, by cuBLAS",
                                                                    stretto::cuda::kMemoryKind))
