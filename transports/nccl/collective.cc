// SPDX-FileCopyrightText: stretto contributors
// SPDX-License-Identifier: Apache-2.0
#include "collective.h"

#include "transport.h"

namespace stretto::nccl {

void NcclPart::lane_collective(const stretto_native& lane, const void* input, void* result) {
  transport_.collect(collective_, lane, input, result);
}

}  // namespace stretto::nccl
