// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "ops.h"

#ifndef STRETTO_NAME
#define STRETTO_NAME "tensor"
#endif

namespace tensor = stretto::tensor;

STRETTO_PLUGIN(STRETTO_NAME "_cuda", "0.1.0",
               stretto::op_library_component<tensor::Fill, tensor::Copy, tensor::Add, tensor::Scale, tensor::Reduce,
                                             tensor::Concat, tensor::Split, tensor::Describe, tensor::Checksum,
                                             tensor::RunningSum, tensor::Busy, tensor::Fail>(
                   STRETTO_NAME, "making, joining and describing tensors", stretto::cuda::kMemoryKind))
